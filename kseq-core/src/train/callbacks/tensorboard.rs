//! The values of a training for TensorBoard.

use std::format;
use std::path::PathBuf;
use std::string::{String, ToString};
use std::vec::Vec;

use super::callback::{Callback, callback_error};
use super::stored::check_counts;
use crate::error::Error;
use crate::model::Model;
use crate::train::files::atomic::probe_folder;
use crate::train::files::events::{Events, FileName};
use crate::train::report::Logs;
use crate::train::state::Training;

/// When [`TensorBoard`] writes besides after every epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateFreq {
    /// Never (default).
    #[default]
    Epoch,
    /// After every batch.
    Batch,
    /// After every N batches.
    Batches(usize),
}

impl From<usize> for UpdateFreq {
    fn from(batches: usize) -> Self {
        UpdateFreq::Batches(batches)
    }
}

/// The folders of the files.
const TRAIN: &str = "train";
const VALIDATION: &str = "validation";

/// Writes the values of a training as scalars that TensorBoard shows: Keras's `TensorBoard`. Look at them
/// with `tensorboard --logdir logs`.
///
/// | folder | scalar | step |
/// |---|---|---|
/// | `train/` | `epoch_loss`, `epoch_accuracy`, ..., `epoch_learning_rate` | the epoch, from 0 |
/// | `train/`, with `update_freq` | `batch_loss`, ... | the batches of this `fit` |
/// | `validation/` | `epoch_loss`, ... | the epoch |
/// | `validation/` | `evaluation_loss_vs_iterations`, ... | the updates since `compile` |
///
/// A training that continues from a checkpoint continues with the files as they were then.
///
/// Defaults as in Keras: the folder `logs`, after every epoch.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::TensorBoard;
/// let board = TensorBoard::new("logs/run_1").update_freq(100);
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    log_dir: PathBuf,
    update_freq: UpdateFreq,
    /// The batches of this `fit`.
    batches: u64,
    name: FileName,
    train: Events,
    validation: Events,
}

impl Default for TensorBoard {
    fn default() -> Self {
        TensorBoard::new("logs")
    }
}

impl TensorBoard {
    /// Writes into the folders `train` and `validation` of this one.
    #[must_use]
    pub fn new(log_dir: impl Into<PathBuf>) -> Self {
        TensorBoard {
            log_dir: log_dir.into(),
            update_freq: UpdateFreq::Epoch,
            batches: 0,
            name: FileName::default(),
            train: Events::default(),
            validation: Events::default(),
        }
    }

    /// Whether values are written while an epoch runs, too: `update_freq(UpdateFreq::Batch)`, or after
    /// every N batches, `update_freq(100)`.
    #[must_use]
    pub fn update_freq(mut self, update_freq: impl Into<UpdateFreq>) -> Self {
        self.update_freq = update_freq.into();
        self
    }

    /// Files of their own for a training or an evaluation that begins.
    fn begin(&mut self, folders: &[&str]) -> Result<(), Error> {
        if self.update_freq == UpdateFreq::Batches(0) {
            let why = "update_freq: expected at least 1 batch, found 0";
            return Err(callback_error("TensorBoard", why));
        }
        for name in folders {
            probe_folder(&self.log_dir.join(name))?;
        }
        self.batches = 0;
        self.name = FileName::new();
        self.train = Events::default();
        self.validation = Events::default();
        Ok(())
    }

    fn wrong(&self, e: &std::io::Error) -> Error {
        Error::File {
            path: self.log_dir.clone(),
            why: e.to_string(),
        }
    }

    fn write(
        &mut self,
        validation: bool,
        step: u64,
        scalars: &[(String, f32)],
    ) -> Result<(), Error> {
        let (folder, events) = match validation {
            false => (TRAIN, &mut self.train),
            true => (VALIDATION, &mut self.validation),
        };
        let folder = self.log_dir.join(folder);
        let written = events.write(&folder, &self.name, step, scalars);
        written.map_err(|e| self.wrong(&e))
    }
}

impl<M: Model> Callback<M> for TensorBoard {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let validates = t.metrics_names().iter().any(|n| n.starts_with("val_"));
        self.begin(if validates {
            &[TRAIN, VALIDATION]
        } else {
            &[TRAIN]
        })
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.batches += 1;
        let now = match self.update_freq {
            UpdateFreq::Epoch => false,
            UpdateFreq::Batch => true,
            UpdateFreq::Batches(n) => self.batches.is_multiple_of(n as u64),
        };
        // The logs of a batch have the names of the validation, too, but no values of it.
        let values = logs.iter().map(|(name, v)| (format!("batch_{name}"), v));
        match now {
            true => self.write(false, self.batches, &values.collect::<Vec<_>>()),
            false => Ok(()),
        }
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let (mut train, mut validation) = (Vec::new(), Vec::new());
        for (name, value) in logs.iter() {
            match name.strip_prefix("val_") {
                Some(name) => validation.push((format!("epoch_{name}"), value)),
                None => train.push((format!("epoch_{name}"), value)),
            }
        }
        if let Some(learning_rate) = t.learning_rate() {
            train.push(("epoch_learning_rate".to_string(), learning_rate));
        }
        let step = epoch as u64;
        self.write(false, step, &train)?;
        self.write(true, step, &validation)
    }

    fn on_test_begin(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        match self.name.is_set() {
            true => Ok(()),
            false => self.begin(&[VALIDATION]), // `evaluate`
        }
    }

    fn on_test_end(&mut self, logs: &Logs<'_>, t: &mut Training<'_, M>) -> Result<(), Error> {
        let values = logs
            .iter()
            .map(|(name, v)| (format!("evaluation_{name}_vs_iterations"), v));
        self.write(true, t.updates(), &values.collect::<Vec<_>>())
    }

    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.name = FileName::default();
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        let synced = self.train.sync().and_then(|()| self.validation.sync());
        synced.map_err(|e| self.wrong(&e))
    }

    fn state(&self) -> Vec<f64> {
        let mut state = self.name.state().to_vec();
        state.extend([self.batches, self.train.len, self.validation.len].map(|n| n as f64));
        state
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts::<6>(state)
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [a, b, c, batches, train, validation] = *state {
            self.name = FileName::of([a, b, c]);
            self.batches = batches as u64;
            self.train = Events::after(train as u64);
            self.validation = Events::after(validation as u64);
        }
    }
}
