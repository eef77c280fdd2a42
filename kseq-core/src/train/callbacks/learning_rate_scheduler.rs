//! A learning rate for each epoch.

use std::format;

use super::callback::{Callback, callback_error};
use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::report::say::say;
use crate::train::state::Training;

/// Sets the learning rate before every epoch: Keras's `LearningRateScheduler`. The function takes the epoch,
/// counted from 0, and the learning rate so far. The learning rate is in the history as `learning_rate`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::LearningRateScheduler;
/// // Ten epochs as they are, then ever less.
/// let mut schedule =
///     LearningRateScheduler::new(|epoch, lr| if epoch < 10 { lr } else { lr * (-0.1f32).exp() });
/// ```
#[derive(Clone, Debug)]
pub struct LearningRateScheduler<F> {
    schedule: F,
    verbose: u8,
}

impl LearningRateScheduler<()> {
    /// From a function of the epoch alone: Keras's `LearningRateScheduler(lambda epoch: ..)`.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::train::callbacks::LearningRateScheduler;
    /// let mut schedule = LearningRateScheduler::of_epoch(|epoch| 0.01 * 0.5f32.powi(epoch as i32));
    /// ```
    #[must_use]
    pub const fn of_epoch<G: FnMut(usize) -> f32>(
        mut schedule: G,
    ) -> LearningRateScheduler<impl FnMut(usize, f32) -> f32> {
        LearningRateScheduler {
            schedule: move |epoch, _: f32| schedule(epoch),
            verbose: 0,
        }
    }
}

impl<F: FnMut(usize, f32) -> f32> LearningRateScheduler<F> {
    /// The learning rate of each epoch.
    #[must_use]
    pub const fn new(schedule: F) -> Self {
        LearningRateScheduler {
            schedule,
            verbose: 0,
        }
    }

    /// 1: says what it sets. Default 0.
    #[must_use]
    pub const fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }
}

const NAME: &str = "LearningRateScheduler";

impl<M: Model, F: FnMut(usize, f32) -> f32 + Send> Callback<M> for LearningRateScheduler<F> {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        t.set_learning_rate(t.base_learning_rate(NAME)?)
    }

    fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        let learning_rate = (self.schedule)(epoch, t.base_learning_rate(NAME)?);
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            let why = format!(
                "the schedule gave {learning_rate} for epoch {epoch}; a learning rate is finite and not \
                 negative"
            );
            return Err(callback_error(NAME, why));
        }
        t.set_learning_rate(learning_rate)?;
        if self.verbose > 0 {
            let epoch = epoch + 1;
            say(format_args!(
                "\nEpoch {epoch}: {NAME} setting learning rate to {learning_rate}."
            ));
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if let Some(learning_rate) = t.learning_rate() {
            t.log("learning_rate", learning_rate);
        }
        Ok(())
    }
}
