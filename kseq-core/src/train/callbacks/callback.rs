//! `Callback`: what is called while a model trains.

use std::string::String;
use std::vec::Vec;

use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::state::Training;

/// Keras's callbacks: methods that `fit` and `evaluate` call, each with the training at that moment.
///
/// An error ends `fit`, which returns it; the model keeps what it has learned.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::error::Error;
/// use kseq::model::Model;
/// use kseq::train::{Callback, Logs, Training};
///
/// /// Stops as soon as the loss is small enough.
/// struct GoodEnough(f32);
///
/// impl<M: Model> Callback<M> for GoodEnough {
///     fn on_epoch_end(
///         &mut self,
///         _epoch: usize,
///         logs: &Logs<'_>,
///         training: &mut Training<'_, M>,
///     ) -> Result<(), Error> {
///         if logs.get("loss").is_some_and(|loss| loss < self.0) {
///             training.stop_training();
///         }
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no callback",
    label = "expected a callback, such as `&mut EarlyStopping::new()`",
    note = "one of your own implements `Callback<M>`; a function at the end of an epoch is `LambdaCallback::new().on_epoch_end(|epoch, logs| ..)`"
)]
#[allow(unused_variables)]
pub trait Callback<M: Model>: Send {
    /// The callback's name in messages and checkpoints. Default: that of its type.
    fn name(&self) -> &str {
        let name = core::any::type_name::<Self>();
        let path = name.split('<').next().unwrap_or(name);
        path.rsplit("::").next().unwrap_or(path)
    }

    /// The name that it monitors, such as `val_loss`: one that does not exist is an error of `fit`,
    /// before the first step.
    fn monitor(&self) -> Option<&str> {
        None
    }

    /// Whether all that it does is to write or print: of several ranks the first one calls it, alone.
    fn writes(&self) -> bool {
        false
    }

    /// Before the first epoch of `fit`.
    fn on_train_begin(&mut self, training: &mut Training<'_, M>) -> Result<(), Error> {
        Ok(())
    }

    /// After the last epoch of `fit`.
    fn on_train_end(&mut self, training: &mut Training<'_, M>) -> Result<(), Error> {
        Ok(())
    }

    /// Before an epoch, counted from 0.
    fn on_epoch_begin(
        &mut self,
        epoch: usize,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// After an epoch and its validation.
    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Before an update, counted from 0 in its epoch.
    fn on_train_batch_begin(
        &mut self,
        batch: usize,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// After an update; the values are those of the epoch so far.
    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Before `evaluate`, or the validation of an epoch.
    fn on_test_begin(&mut self, training: &mut Training<'_, M>) -> Result<(), Error> {
        Ok(())
    }

    /// After it; the names are without `val_`.
    fn on_test_end(
        &mut self,
        logs: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Before a batch of it.
    fn on_test_batch_begin(
        &mut self,
        batch: usize,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// After a batch of it.
    fn on_test_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs<'_>,
        training: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Before a checkpoint is written: brings to the disk what [`Callback::state`] counts on, such as the length of a
    /// file.
    fn sync(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// What a checkpoint keeps of the callback itself, so that a resumed training continues as if it
    /// had not been interrupted: asked after the methods of all callbacks have run.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// What is wrong with a state that a checkpoint has for the callback, such as a count that is negative:
    /// asked before anything is changed, and then an error of `fit`.
    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        Ok(())
    }

    /// Takes back what [`Callback::state`] gave: after `on_train_begin` of all callbacks.
    fn set_state(&mut self, state: &[f64]) {}
}

/// Why a callback refuses its arguments, or cannot continue.
pub(super) fn callback_error(name: &str, why: impl Into<String>) -> Error {
    Error::Callback {
        name: name.into(),
        why: why.into(),
    }
}
