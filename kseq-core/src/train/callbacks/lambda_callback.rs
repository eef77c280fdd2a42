//! A callback of closures.

use std::boxed::Box;

use super::callback::Callback;
use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::state::Training;

/// What is done at the beginning or the end of a training.
type Moment<'a> = Option<Box<dyn FnMut() + Send + 'a>>;
/// What is done before an epoch or a batch.
type Before<'a> = Option<Box<dyn FnMut(usize) + Send + 'a>>;
/// What is done after it.
type After<'a> = Option<Box<dyn FnMut(usize, &Logs<'_>) + Send + 'a>>;

/// Calls closures while a model trains: Keras's `LambdaCallback`. One that must see the training or end it
/// implements [`Callback`].
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::LambdaCallback;
/// let mut losses = Vec::new();
/// let mut callback = LambdaCallback::new()
///     .on_epoch_end(|epoch, logs| losses.push((epoch, logs.get("loss"))))
///     .on_train_end(|| println!("done"));
/// ```
#[derive(Default)]
pub struct LambdaCallback<'a> {
    train_begin: Moment<'a>,
    train_end: Moment<'a>,
    epoch_begin: Before<'a>,
    epoch_end: After<'a>,
    train_batch_begin: Before<'a>,
    train_batch_end: After<'a>,
}

impl<'a> LambdaCallback<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        LambdaCallback::default()
    }

    /// Before the first epoch.
    #[must_use]
    pub fn on_train_begin(mut self, f: impl FnMut() + Send + 'a) -> Self {
        self.train_begin = Some(Box::new(f));
        self
    }

    /// After the last epoch.
    #[must_use]
    pub fn on_train_end(mut self, f: impl FnMut() + Send + 'a) -> Self {
        self.train_end = Some(Box::new(f));
        self
    }

    /// Before every epoch.
    #[must_use]
    pub fn on_epoch_begin(mut self, f: impl FnMut(usize) + Send + 'a) -> Self {
        self.epoch_begin = Some(Box::new(f));
        self
    }

    /// After every epoch, with its values.
    #[must_use]
    pub fn on_epoch_end(mut self, f: impl FnMut(usize, &Logs<'_>) + Send + 'a) -> Self {
        self.epoch_end = Some(Box::new(f));
        self
    }

    /// Before every update.
    #[must_use]
    pub fn on_train_batch_begin(mut self, f: impl FnMut(usize) + Send + 'a) -> Self {
        self.train_batch_begin = Some(Box::new(f));
        self
    }

    /// After every update, with the values of the epoch so far.
    #[must_use]
    pub fn on_train_batch_end(mut self, f: impl FnMut(usize, &Logs<'_>) + Send + 'a) -> Self {
        self.train_batch_end = Some(Box::new(f));
        self
    }
}

impl<M: Model> Callback<M> for LambdaCallback<'_> {
    fn on_train_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.train_begin.iter_mut().for_each(|f| f());
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.train_end.iter_mut().for_each(|f| f());
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.epoch_begin.iter_mut().for_each(|f| f(epoch));
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.epoch_end.iter_mut().for_each(|f| f(epoch, logs));
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.train_batch_begin.iter_mut().for_each(|f| f(batch));
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.train_batch_end.iter_mut().for_each(|f| f(batch, logs));
        Ok(())
    }
}
