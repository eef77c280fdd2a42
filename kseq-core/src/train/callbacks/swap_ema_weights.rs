//! Evaluates a training with the averages of its weights.

use std::string::String;
use std::vec::Vec;

use super::callback::{Callback, callback_error};
use super::stored::check_counts;
use crate::error::Error;
use crate::model::Model;
use crate::params::Flat;
use crate::train::model::weights::array_locations;
use crate::train::report::Logs;
use crate::train::state::Training;

/// Swaps the weights with their averages while the model is validated: Keras's `SwapEMAWeights`. The
/// optimizer keeps averages after `use_ema()`.
///
/// With `swap_on_epoch(true)` they stay swapped until the next epoch begins, so that callbacks behind this
/// one save the averages.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::SwapEMAWeights;
/// let swap = SwapEMAWeights::new().swap_on_epoch(true);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SwapEMAWeights {
    swap_on_epoch: bool,
    /// Whether the model has the averages, and the optimizer the weights.
    swapped: bool,
}

impl SwapEMAWeights {
    /// Swaps for each validation.
    #[must_use]
    pub const fn new() -> Self {
        SwapEMAWeights {
            swap_on_epoch: false,
            swapped: false,
        }
    }

    /// Whether the averages stay in the model from the end of an epoch to the beginning of the next one.
    /// Default false.
    #[must_use]
    pub const fn swap_on_epoch(mut self, swap_on_epoch: bool) -> Self {
        self.swap_on_epoch = swap_on_epoch;
        self
    }

    /// Calls `f` with each trained array of the model and its average.
    fn each<M: Model>(t: &mut Training<'_, M>, f: fn(&mut [f32], &mut [f32])) -> Result<(), Error> {
        let slots = t.compiled.names().slots;
        let Some(slot) = slots.iter().position(|s| *s == "average") else {
            let why = "the optimizer keeps no averages; compile with one that has `.use_ema()`";
            return Err(callback_error("SwapEMAWeights", why));
        };
        if t.updates() == 0 {
            return Ok(()); // there are none yet
        }
        let params = t.model.params.as_f32s_mut();
        let len = params.len();
        let averages = t.workspace.slots.get_mut(slot * len..(slot + 1) * len);
        let averages = averages.unwrap_or_default();
        for location in array_locations(M::LAYERS) {
            let frozen = t.model.frozen.get(location.index) == Some(&true);
            if !location.state && !frozen {
                let array = location.of_mut(params, &mut []);
                f(array, location.of_mut(averages, &mut []));
            }
        }
        Ok(())
    }

    fn swap<M: Model>(&mut self, t: &mut Training<'_, M>, swapped: bool) -> Result<(), Error> {
        if self.swapped == swapped {
            return Ok(());
        }
        self.swapped = swapped;
        Self::each(t, |array, average| array.swap_with_slice(average))
    }
}

impl<M: Model> Callback<M> for SwapEMAWeights {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.swapped = false;
        Self::each(t, |_, _| {})
    }

    fn on_epoch_begin(&mut self, _: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.swap(t, false)
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if !self.swap_on_epoch {
            return Ok(());
        }
        self.swap(t, true)?;
        // The end of `fit` puts the averages into the model: now they are there.
        if epoch + 1 == t.epochs() || t.state.stop {
            Self::each(t, |array, average| average.copy_from_slice(array))?;
        }
        Ok(())
    }

    fn on_test_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.swap(t, true)
    }

    fn on_test_end(&mut self, _: &Logs<'_>, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.swap(t, false)
    }

    fn state(&self) -> Vec<f64> {
        std::vec![f64::from(u8::from(self.swapped))]
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts::<1>(state)
    }

    fn set_state(&mut self, state: &[f64]) {
        self.swapped = state == [1.0];
    }
}
