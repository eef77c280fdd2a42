//! How far a call of `fit` or `evaluate` has come.

use std::path::PathBuf;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use crate::train::report::History;
use crate::train::report::running_mean::RunningMean;

/// Where a training continues: with the number of updates, the whole of what decides its next batch. In
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

/// The state of a call of `fit` or `evaluate` while it runs.
#[derive(Default)]
pub(in crate::train) struct LoopState {
    pub position: Position,
    /// The loss of this epoch so far.
    pub loss: RunningMean,
    /// The loss of the validation, or of `evaluate`, so far.
    pub validation_loss: RunningMean,
    pub history: History,
    /// How many callbacks there are, with the one that prints.
    pub callbacks: usize,
    /// What callbacks have logged in this epoch.
    pub logged: Vec<(&'static str, f32)>,
    /// The checkpoints that callbacks have asked for.
    pub backups: Vec<PathBuf>,
    /// The checkpoint to continue from.
    pub restore: Option<PathBuf>,
    pub stop: bool,
    pub epochs: usize,
    pub steps: Option<usize>,
    /// The names of the values of an epoch: `loss`, the metrics, and with validation the same with `val_`.
    pub names: Arc<[String]>,
}
