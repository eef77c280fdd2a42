//! `Callback`: what is called while a model trains, and `Training`: what it sees and may change.

use std::borrow::ToOwned;
use std::path::PathBuf;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use super::history::History;
use super::memory::Memory;
use super::sequential::Sequential;
use crate::error::Error;
use crate::metrics::Direction;
use crate::model::Model;
use crate::optimizers::Optimizer;

/// The values of a batch or an epoch under Keras's names: `loss`, `accuracy`, `val_loss`, ...
///
/// ```
/// use kseq_core::train::Logs;
/// let names = ["loss".to_string(), "accuracy".to_string()];
/// let logs = Logs::new(&names, &[0.5, 0.75]);
/// assert_eq!(logs.get("accuracy"), Some(0.75));
/// assert_eq!(logs.iter().next(), Some(("loss", 0.5)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    names: &'a [String],
    values: &'a [f32],
}

impl<'a> Logs<'a> {
    /// The values of these names, as far as there are both.
    #[must_use]
    pub fn new(names: &'a [String], values: &'a [f32]) -> Self {
        Logs { names, values }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f32> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Names and values, in the order of `metrics_names`.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, f32)> + use<'a> {
        let names = self.names.iter().map(String::as_str);
        names.zip(self.values.iter().copied())
    }
}

/// Keras's callbacks: methods that `fit` and `evaluate` call, each with the training at that moment.
///
/// An error ends `fit`, which returns it; the model keeps what it has learned.
///
/// ```
/// use kseq_core::error::Error;
/// use kseq_core::model::Model;
/// use kseq_core::train::{Callback, Logs, Training};
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

    /// What a checkpoint keeps of the callback itself, so that a resumed training goes on as if it
    /// had not been interrupted: asked after the methods of all callbacks have run.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes back what [`Callback::state`] gave: after `on_train_begin` of all callbacks.
    fn set_state(&mut self, state: &[f64]) {}
}

/// Where a training goes on: with the number of updates, the whole of what decides its next batch. In
/// `on_epoch_end` that is the next epoch, in `on_train_batch_end` the next batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The epoch of the next update, from 0.
    pub epoch: usize,
    /// The updates of this epoch so far.
    pub batch: usize,
    /// The number of updates before this pass over the data: it draws the order.
    pub pass: u64,
    /// The batches taken of this pass.
    pub taken: usize,
}

/// A mean over samples that come in batches of different sizes.
#[derive(Clone, Copy, Default)]
pub(super) struct Mean {
    pub sum: f64,
    pub samples: f64,
}

impl Mean {
    pub fn add(&mut self, mean: f32, samples: usize) {
        self.sum += f64::from(mean) * samples as f64;
        self.samples += samples as f64;
    }

    pub fn get(&self) -> f32 {
        (self.sum / self.samples.max(1.0)) as f32
    }
}

/// A call of `fit` or `evaluate` while it runs.
#[derive(Default)]
pub(super) struct Run {
    pub position: Position,
    /// The loss of this epoch so far.
    pub loss: Mean,
    /// The loss of a validation.
    pub tested: Mean,
    pub history: History,
    /// What callbacks have logged in this epoch.
    pub logged: Vec<(&'static str, f32)>,
    /// The checkpoints that callbacks have asked for.
    pub backups: Vec<PathBuf>,
    /// The checkpoint to go on from.
    pub restore: Option<PathBuf>,
    pub stop: bool,
    pub epochs: usize,
    pub steps: Option<usize>,
    /// The names of the values of an epoch: `loss`, the metrics, and with validation the same with `val_`.
    pub names: Arc<[String]>,
}

/// What depends on the types of optimizer and metrics.
pub(super) trait Engine {
    fn learning_rate(&self, step: u64) -> Option<f32>;
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error>;
    /// The optimizer's name, and those of its slots.
    fn optimizer(&self) -> (&'static str, &'static [&'static str]);
    /// The values that each metric has accumulated, in order.
    fn metrics(&mut self, f: &mut dyn FnMut(&mut [f64]));
    /// Whether larger values of metric `i` are better, if it says so.
    fn direction(&mut self, i: usize) -> Option<Direction>;
}

/// A training while it runs: what a [`Callback`] sees and may change.
pub struct Training<'a, M: Model> {
    /// The model: `training.model.dense_1.kernel`, `training.model.predict(&x)`.
    pub model: &'a mut Sequential<M>,
    pub(super) engine: &'a mut dyn Engine,
    pub(super) memory: &'a mut Memory<M>,
    pub(super) run: &'a mut Run,
}

impl<M: Model> Training<'_, M> {
    /// Ends `fit` after this epoch, or after this batch if a batch's hook says so (Keras's
    /// `model.stop_training = True`).
    pub fn stop_training(&mut self) {
        self.run.stop = true;
    }

    /// Where the training is.
    #[must_use]
    pub fn position(&self) -> Position {
        self.run.position
    }

    /// The epoch at which `fit` ends.
    #[must_use]
    pub fn epochs(&self) -> usize {
        self.run.epochs
    }

    /// The updates of an epoch, if the source of the data knows.
    #[must_use]
    pub fn steps(&self) -> Option<usize> {
        self.run.steps
    }

    /// The number of batches trained on since `compile`: with `gradient_accumulation_steps` several make
    /// one update of the weights.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.memory.step
    }

    /// The epochs before this one.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.run.history
    }

    /// The names of the values of an epoch: `loss`, metrics, `val_loss`, ...
    #[must_use]
    pub fn metrics_names(&self) -> &[String] {
        &self.run.names
    }

    /// The learning rate of the next update; `None` if the optimizer has none.
    #[must_use]
    pub fn learning_rate(&self) -> Option<f32> {
        self.engine.learning_rate(self.memory.step)
    }

    /// Sets the learning rate from the next update on.
    ///
    /// # Errors
    /// The optimizer has none that can be set: a schedule decides.
    pub fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        self.engine.set_learning_rate(learning_rate)
    }

    /// Asks for a checkpoint at this path: all that decides how the training goes on. It is written after
    /// an update or an epoch, when the methods of all callbacks have run; folders that are missing are made.
    pub fn backup(&mut self, path: impl Into<PathBuf>) {
        self.run.backups.push(path.into());
    }

    /// Asks to go on from a checkpoint, in `on_train_begin`: it is read when that of all callbacks has run.
    /// The training then goes on, bit for bit, as it would have without the interruption, if it has the
    /// same data, arguments and callbacks.
    pub fn restore(&mut self, path: impl Into<PathBuf>) {
        self.run.restore = Some(path.into());
    }

    /// Adds a value to the history of the epoch that has just ended, under a name of its own: in
    /// `on_epoch_end`, as `ReduceLROnPlateau` does with `learning_rate`. Of two values of one name the
    /// first stays; the [names](Training::metrics_names) of `fit` itself are taken.
    pub fn log(&mut self, name: &'static str, value: f32) {
        let taken = self.run.names.iter().any(|n| n == name);
        if !taken && self.run.logged.iter().all(|(n, _)| *n != name) {
            self.run.logged.push((name, value));
            self.run.history.log(name, value);
        }
    }

    /// What callbacks have [logged](Training::log) of this epoch.
    #[must_use]
    pub fn logged(&self) -> &[(&'static str, f32)] {
        &self.run.logged
    }

    /// Which values of a name are better, where that is known: smaller ones of `loss` and `val_loss`, and
    /// what a metric says of itself.
    #[must_use]
    pub fn direction(&mut self, name: &str) -> Option<Direction> {
        let name = name.strip_prefix("val_").unwrap_or(name);
        match self.run.names.iter().position(|n| n == name)? {
            0 => Some(Direction::Down),
            i => self.engine.direction(i - 1),
        }
    }

    /// The learning rate that was set last, before any `decay`.
    pub(super) fn base_learning_rate(&self, callback: &str) -> Result<f32, Error> {
        let none = || Error::Callback {
            name: callback.to_owned(),
            why: "the optimizer has no learning rate that can be set".to_owned(),
        };
        self.engine.learning_rate(0).ok_or_else(none)
    }

    /// The gradients of the last update, one field a layer; those of frozen layers mean nothing.
    #[must_use]
    pub fn gradients(&self) -> &M::Params {
        &self.memory.gradients
    }
}

/// [`Engine`] of an optimizer and metrics.
pub(super) struct EngineOf<'a, O, F> {
    pub optimizer: &'a mut O,
    /// Calls a function with what each metric has accumulated, and with its direction.
    pub metrics: F,
}

/// What is done with a metric.
pub(super) type EachMetric<'f> = &'f mut dyn FnMut(&mut [f64], Option<Direction>);

impl<O: Optimizer, F: FnMut(EachMetric<'_>)> Engine for EngineOf<'_, O, F> {
    fn learning_rate(&self, step: u64) -> Option<f32> {
        self.optimizer.learning_rate(step)
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        self.optimizer.set_learning_rate(learning_rate)
    }

    fn optimizer(&self) -> (&'static str, &'static [&'static str]) {
        (O::NAME, O::SLOT_NAMES)
    }

    fn metrics(&mut self, f: &mut dyn FnMut(&mut [f64])) {
        (self.metrics)(&mut |state, _| f(state));
    }

    fn direction(&mut self, i: usize) -> Option<Direction> {
        let (mut at, mut found) = (0, None);
        (self.metrics)(&mut |_, direction| {
            found = if at == i { direction } else { found };
            at += 1;
        });
        found
    }
}
