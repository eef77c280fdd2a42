//! `Training`: what a callback sees of a training and may change.

use std::borrow::ToOwned;
use std::path::PathBuf;
use std::string::String;

use super::loop_state::{LoopState, Position};
use super::workspace::Workspace;
use crate::error::Error;
use crate::metrics::Direction;
use crate::model::Model;
use crate::optimizers::Optimizer;
use crate::train::model::Sequential;
use crate::train::report::History;

/// A training while it runs: what a [`Callback`] sees and may change.
///
/// [`Callback`]: crate::train::Callback
pub struct Training<'a, M: Model> {
    /// The model: `training.model.dense_1.kernel`, `training.model.predict(&x)`.
    pub model: &'a mut Sequential<M>,
    pub(in crate::train) compiled: &'a mut dyn CompiledParts,
    pub(in crate::train) workspace: &'a mut Workspace<M>,
    pub(in crate::train) state: &'a mut LoopState,
}

impl<M: Model> Training<'_, M> {
    /// Ends `fit` after this epoch, or after this batch if a batch's hook says so (Keras's
    /// `model.stop_training = True`).
    pub fn stop_training(&mut self) {
        self.state.stop = true;
    }

    /// Where the training is.
    #[must_use]
    pub fn position(&self) -> Position {
        self.state.position
    }

    /// The epoch at which `fit` ends.
    #[must_use]
    pub fn epochs(&self) -> usize {
        self.state.epochs
    }

    /// The updates of an epoch, if the source of the data knows.
    #[must_use]
    pub fn steps(&self) -> Option<usize> {
        self.state.steps
    }

    /// The number of batches trained on since `compile`: with `gradient_accumulation_steps` several make
    /// one update of the weights.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.workspace.step
    }

    /// The epochs before this one.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.state.history
    }

    /// The names of the values of an epoch: `loss`, metrics, `val_loss`, ...
    #[must_use]
    pub fn metrics_names(&self) -> &[String] {
        &self.state.names
    }

    /// The learning rate of the next update; `None` if the optimizer has none.
    #[must_use]
    pub fn learning_rate(&self) -> Option<f32> {
        self.compiled.learning_rate(self.workspace.step)
    }

    /// Sets the learning rate from the next update on.
    ///
    /// # Errors
    /// The optimizer has none that can be set: a schedule decides.
    pub fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        self.compiled.set_learning_rate(learning_rate)
    }

    /// Asks for a checkpoint at this path: all that decides how the training continues. It is written after
    /// an update or an epoch, when the methods of all callbacks have run; folders that are missing are made.
    pub fn backup(&mut self, path: impl Into<PathBuf>) {
        self.state.backups.push(path.into());
    }

    /// Asks to continue from a checkpoint, in `on_train_begin`: it is read when that of all callbacks has run.
    /// The training then continues, bit for bit, as it would have without the interruption, if it has the
    /// same data, arguments and callbacks.
    pub fn restore(&mut self, path: impl Into<PathBuf>) {
        self.state.restore = Some(path.into());
    }

    /// Adds a value to the history of the epoch that has just ended, under a name of its own: in
    /// `on_epoch_end`, as `ReduceLROnPlateau` does with `learning_rate`. Of two values of one name the
    /// first stays; the [names](Training::metrics_names) of `fit` itself are taken.
    pub fn log(&mut self, name: &'static str, value: f32) {
        let taken = self.state.names.iter().any(|n| n == name);
        if !taken && self.state.logged.iter().all(|(n, _)| *n != name) {
            self.state.logged.push((name, value));
            self.state.history.log(name, value);
        }
    }

    /// What callbacks have [logged](Training::log) of this epoch.
    #[must_use]
    pub fn logged(&self) -> &[(&'static str, f32)] {
        &self.state.logged
    }

    /// Which values of a name are better, where that is known: smaller ones of `loss` and `val_loss`, and
    /// what a metric says of itself.
    #[must_use]
    pub fn direction(&mut self, name: &str) -> Option<Direction> {
        let name = name.strip_prefix("val_").unwrap_or(name);
        match self.state.names.iter().position(|n| n == name)? {
            0 => Some(Direction::Down),
            i => self.compiled.direction(i - 1),
        }
    }

    /// The learning rate that was set last, before any `decay`.
    pub(in crate::train) fn base_learning_rate(&self, callback: &str) -> Result<f32, Error> {
        let none = || Error::Callback {
            name: callback.to_owned(),
            why: "the optimizer has no learning rate that can be set".to_owned(),
        };
        self.compiled.learning_rate(0).ok_or_else(none)
    }

    /// The gradients of the last update, one field a layer; those of frozen layers mean nothing.
    #[must_use]
    pub fn gradients(&self) -> &M::Params {
        &self.workspace.gradients
    }
}

/// The names of an optimizer and its slots.
pub(in crate::train) struct OptimizerNames {
    pub optimizer: &'static str,
    pub slots: &'static [&'static str],
}

/// What `compile` has added to the model, without its types: the optimizer and the metrics.
pub(in crate::train) trait CompiledParts {
    fn learning_rate(&self, step: u64) -> Option<f32>;
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error>;
    fn names(&self) -> OptimizerNames;
    /// The values that each metric has accumulated, in order.
    fn metrics(&mut self, f: &mut dyn FnMut(&mut [f64]));
    /// Whether larger values of metric `i` are better, if it says so.
    fn direction(&mut self, i: usize) -> Option<Direction>;
}

/// An optimizer and metrics of any types as [`CompiledParts`].
pub(in crate::train) struct OptimizerAndMetrics<'a, O, F> {
    pub optimizer: &'a mut O,
    /// Calls a function with what each metric has accumulated, and with its direction.
    pub metrics: F,
}

/// What is done with a metric.
pub(in crate::train) type EachMetric<'f> = &'f mut dyn FnMut(&mut [f64], Option<Direction>);

impl<O: Optimizer, F: FnMut(EachMetric<'_>)> CompiledParts for OptimizerAndMetrics<'_, O, F> {
    fn learning_rate(&self, step: u64) -> Option<f32> {
        self.optimizer.learning_rate(step)
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        self.optimizer.set_learning_rate(learning_rate)
    }

    fn names(&self) -> OptimizerNames {
        OptimizerNames {
            optimizer: O::NAME,
            slots: O::SLOT_NAMES,
        }
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
