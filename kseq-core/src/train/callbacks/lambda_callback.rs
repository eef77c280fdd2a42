//! A callback of closures.

use std::boxed::Box;

use super::callback::Callback;
use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::state::Training;

/// What is done at the beginning or the end of a training.
type Moment<'a, M> = Option<Box<dyn FnMut(&mut Training<'_, M>) + Send + 'a>>;
/// What is done before an epoch or a batch.
type Before<'a, M> = Option<Box<dyn FnMut(usize, &mut Training<'_, M>) + Send + 'a>>;
/// What is done after it.
type After<'a, M> = Option<Box<dyn FnMut(usize, &Logs<'_>, &mut Training<'_, M>) + Send + 'a>>;

/// Calls closures while a model trains: Keras's `LambdaCallback`. Those of the methods that end in `_with` see the training and its
/// model (one that reads a field of it gives the type, `training: &mut Training<Net>`). One that can fail implements [`Callback`].
///
/// ```
/// # use kseq_core as kseq;
/// # use kseq::{model::Model, train::{Training, callbacks::LambdaCallback}};
/// # fn of<M: Model>(text: &[M::Input]) {
/// let mut losses = Vec::new();
/// let mut callback = LambdaCallback::new()
///     .on_epoch_end(|epoch, logs| losses.push((epoch, logs.get("loss"))))
///     .on_train_end(|| println!("done"));
///
/// let mut samples = LambdaCallback::new()
///     .on_epoch_end_with(|epoch, _, training: &mut Training<'_, M>| {
///         println!("{epoch}: {:?}", training.model.predict(text).map(|y| y.len()));
///     });
/// # let _: (&mut LambdaCallback<'_, M>, &mut LambdaCallback<'_, M>) = (&mut callback, &mut samples);
/// # }
/// ```
pub struct LambdaCallback<'a, M: Model> {
    train_begin: Moment<'a, M>,
    train_end: Moment<'a, M>,
    epoch_begin: Before<'a, M>,
    epoch_end: After<'a, M>,
    train_batch_begin: Before<'a, M>,
    train_batch_end: After<'a, M>,
}

impl<M: Model> Default for LambdaCallback<'_, M> {
    fn default() -> Self {
        LambdaCallback {
            train_begin: None,
            train_end: None,
            epoch_begin: None,
            epoch_end: None,
            train_batch_begin: None,
            train_batch_end: None,
        }
    }
}

impl<'a, M: Model> LambdaCallback<'a, M> {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        LambdaCallback::default()
    }

    /// Before the first epoch.
    #[must_use]
    pub fn on_train_begin(self, mut f: impl FnMut() + Send + 'a) -> Self {
        self.on_train_begin_with(move |_| f())
    }

    /// Before the first epoch, with the training.
    #[must_use]
    pub fn on_train_begin_with(mut self, f: impl FnMut(&mut Training<'_, M>) + Send + 'a) -> Self {
        self.train_begin = Some(Box::new(f));
        self
    }

    /// After the last epoch.
    #[must_use]
    pub fn on_train_end(self, mut f: impl FnMut() + Send + 'a) -> Self {
        self.on_train_end_with(move |_| f())
    }

    /// After the last epoch, with the training.
    #[must_use]
    pub fn on_train_end_with(mut self, f: impl FnMut(&mut Training<'_, M>) + Send + 'a) -> Self {
        self.train_end = Some(Box::new(f));
        self
    }

    /// Before every epoch.
    #[must_use]
    pub fn on_epoch_begin(self, mut f: impl FnMut(usize) + Send + 'a) -> Self {
        self.on_epoch_begin_with(move |epoch, _| f(epoch))
    }

    /// Before every epoch, with the training.
    #[must_use]
    pub fn on_epoch_begin_with(
        mut self,
        f: impl FnMut(usize, &mut Training<'_, M>) + Send + 'a,
    ) -> Self {
        self.epoch_begin = Some(Box::new(f));
        self
    }

    /// After every epoch, with its values.
    #[must_use]
    pub fn on_epoch_end(self, mut f: impl FnMut(usize, &Logs<'_>) + Send + 'a) -> Self {
        self.on_epoch_end_with(move |epoch, logs, _| f(epoch, logs))
    }

    /// After every epoch, with its values and the training: `training.model.predict(&x)`.
    #[must_use]
    pub fn on_epoch_end_with(
        mut self,
        f: impl FnMut(usize, &Logs<'_>, &mut Training<'_, M>) + Send + 'a,
    ) -> Self {
        self.epoch_end = Some(Box::new(f));
        self
    }

    /// Before every update.
    #[must_use]
    pub fn on_train_batch_begin(self, mut f: impl FnMut(usize) + Send + 'a) -> Self {
        self.on_train_batch_begin_with(move |batch, _| f(batch))
    }

    /// Before every update, with the training.
    #[must_use]
    pub fn on_train_batch_begin_with(
        mut self,
        f: impl FnMut(usize, &mut Training<'_, M>) + Send + 'a,
    ) -> Self {
        self.train_batch_begin = Some(Box::new(f));
        self
    }

    /// After every update, with the values of the epoch so far.
    #[must_use]
    pub fn on_train_batch_end(self, mut f: impl FnMut(usize, &Logs<'_>) + Send + 'a) -> Self {
        self.on_train_batch_end_with(move |batch, logs, _| f(batch, logs))
    }

    /// After every update, with the values of the epoch so far and the training.
    #[must_use]
    pub fn on_train_batch_end_with(
        mut self,
        f: impl FnMut(usize, &Logs<'_>, &mut Training<'_, M>) + Send + 'a,
    ) -> Self {
        self.train_batch_end = Some(Box::new(f));
        self
    }
}

impl<M: Model> Callback<M> for LambdaCallback<'_, M> {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.train_begin.iter_mut().for_each(|f| f(t));
        Ok(())
    }

    fn on_train_end(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.train_end.iter_mut().for_each(|f| f(t));
        Ok(())
    }

    fn on_epoch_begin(&mut self, epoch: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.epoch_begin.iter_mut().for_each(|f| f(epoch, t));
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.epoch_end.iter_mut().for_each(|f| f(epoch, logs, t));
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.train_batch_begin.iter_mut().for_each(|f| f(batch, t));
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let after = self.train_batch_end.iter_mut();
        after.for_each(|f| f(batch, logs, t));
        Ok(())
    }
}
