//! The values of a training for TensorBoard.

use std::format;
use std::path::PathBuf;
use std::string::{String, ToString};
use std::time::Instant;
use std::vec::Vec;

use kseq_safetensors::probe_folder;

use super::callback::{Callback, callback_error};
use super::stored::check_counts;
use crate::base::params::Flat;
use crate::error::Error;
use crate::model::Model;
use crate::optimizers::variables;
use crate::train::files::error::with_path;
use crate::train::files::events::{Events, FileName, Value};
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

/// Writes the values of a training for TensorBoard: Keras's `TensorBoard`. Look at them
/// with `tensorboard --logdir logs`.
///
/// | folder | scalar | step |
/// |---|---|---|
/// | `train/` | `epoch_loss`, `epoch_accuracy`, ..., `epoch_learning_rate` | the epoch, from 0 |
/// | `train/`, with `write_steps_per_second` | `epoch_steps_per_second`, `batch_steps_per_second` | the epoch, the batches |
/// | `train/`, with `histogram_freq` | `dense_1/kernel/histogram`, ...: histograms | the epoch |
/// | `train/` | `keras`: the layers, under "Graphs" | 0 |
/// | `train/`, with `update_freq` | `batch_loss`, ... | the batches of this `fit` |
/// | `validation/` | `epoch_loss`, ... | the epoch |
/// | `validation/` | `evaluation_loss_vs_iterations`, ... | the updates since `compile` |
///
/// A training that continues from a checkpoint continues with the files as they were then.
///
/// Defaults as in Keras: the folder `logs`, after every epoch, without histograms and speeds, with the layers.
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
    histogram_freq: usize,
    write_graph: bool,
    write_steps_per_second: bool,
    /// When the epoch and the batch began, and the batches before the epoch.
    began: Option<(Instant, u64)>,
    batch_began: Option<Instant>,
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
            histogram_freq: 0,
            write_graph: true,
            write_steps_per_second: false,
            began: None,
            batch_began: None,
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

    /// After every how many epochs, counted from 0, the weights are written as histograms. Default 0: never.
    #[must_use]
    pub fn histogram_freq(mut self, histogram_freq: usize) -> Self {
        self.histogram_freq = histogram_freq;
        self
    }

    /// Whether the model's layers are written. Default true.
    #[must_use]
    pub fn write_graph(mut self, write_graph: bool) -> Self {
        self.write_graph = write_graph;
        self
    }

    /// Whether it is written how many batches a second were trained on. Default false.
    #[must_use]
    pub fn write_steps_per_second(mut self, write_steps_per_second: bool) -> Self {
        self.write_steps_per_second = write_steps_per_second;
        self
    }

    /// Files of their own for a training or an evaluation that begins.
    fn begin(&mut self, folders: &[&str]) -> Result<(), Error> {
        if self.update_freq == UpdateFreq::Batches(0) {
            let why = "update_freq: expected at least 1 batch, found 0";
            return Err(callback_error("TensorBoard", why));
        }
        for name in folders {
            let folder = self.log_dir.join(name);
            with_path(&folder, probe_folder(&folder))?;
        }
        (self.batches, self.began, self.batch_began) = (0, None, None);
        self.name = FileName::new();
        self.train = Events::default();
        self.validation = Events::default();
        Ok(())
    }

    fn write(
        &mut self,
        validation: bool,
        step: u64,
        scalars: &[(String, f32)],
    ) -> Result<(), Error> {
        let values = scalars
            .iter()
            .map(|(tag, v)| (tag.clone(), Value::Scalar(*v)));
        self.write_values(validation, step, &values.collect::<Vec<_>>())
    }

    fn write_values(
        &mut self,
        validation: bool,
        step: u64,
        values: &[(String, Value<'_>)],
    ) -> Result<(), Error> {
        let (folder, events) = match validation {
            false => (TRAIN, &mut self.train),
            true => (VALIDATION, &mut self.validation),
        };
        let folder = self.log_dir.join(folder);
        let file = folder.join(self.name.file());
        with_path(&file, events.write(&file, step, values))
    }
}

impl TensorBoard {
    /// The layers, before anything else in a file that is new.
    fn graph<M: Model>(&mut self) -> Result<(), Error> {
        if !self.write_graph || self.train.len > 0 {
            return Ok(());
        }
        let json = graph::<M>();
        self.write_values(false, 0, &[("keras".to_string(), Value::Graph(&json))])
    }

    fn histograms<M: Model>(&mut self, epoch: usize, t: &Training<'_, M>) -> Result<(), Error> {
        if self.histogram_freq == 0 || !epoch.is_multiple_of(self.histogram_freq) {
            return Ok(());
        }
        let params = t.model.params.as_f32s();
        let arrays = variables(M::LAYERS).filter_map(|array| {
            let layer = M::LAYERS.get(array.layer)?.name;
            let values = params.get(array.range.clone())?;
            let tag = format!("{layer}/{}/histogram", array.name);
            Some((tag, Value::Histogram(values)))
        });
        self.write_values(false, epoch as u64, &arrays.collect::<Vec<_>>())
    }
}

/// The layers as the JSON of Keras's `to_json`, as far as TensorBoard reads it.
fn graph<M: Model>() -> String {
    // Names are identifiers of Rust's: nothing in them must be quoted.
    let layer = |class: &str, name: &str| {
        format!(
            r#"{{"class_name": "{class}", "config": {{"name": "{name}", "dtype": "float32"}}}}"#
        )
    };
    let layers: Vec<String> = M::LAYERS
        .iter()
        .map(|l| layer(l.class_name, l.name))
        .collect();
    format!(
        r#"{{"class_name": "Sequential", "config": {{"name": "sequential", "layers": [{}]}}, "keras_version": "3.15.1", "backend": "kseq"}}"#,
        layers.join(", ")
    )
}

impl<M: Model> Callback<M> for TensorBoard {
    fn writes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let validates = t.metrics_names().iter().any(|n| n.starts_with("val_"));
        self.begin(if validates {
            &[TRAIN, VALIDATION]
        } else {
            &[TRAIN]
        })
    }

    fn on_epoch_begin(&mut self, _: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.began = Some((Instant::now(), self.batches));
        Ok(())
    }

    fn on_train_batch_begin(&mut self, _: usize, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.batch_began = Some(Instant::now());
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        logs: &Logs<'_>,
        _: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        self.batches += 1;
        self.graph::<M>()?;
        if let Some(began) = self.batch_began.filter(|_| self.write_steps_per_second) {
            let speed = 1.0 / began.elapsed().as_secs_f32().max(f32::MIN_POSITIVE);
            self.write(
                false,
                self.batches,
                &[("batch_steps_per_second".to_string(), speed)],
            )?;
        }
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
        if let Some((began, before)) = self.began.filter(|_| self.write_steps_per_second) {
            let seconds = began.elapsed().as_secs_f32().max(f32::MIN_POSITIVE);
            let speed = self.batches.saturating_sub(before) as f32 / seconds;
            train.push(("epoch_steps_per_second".to_string(), speed));
        }
        let step = epoch as u64;
        self.graph::<M>()?;
        self.histograms(epoch, t)?;
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
        with_path(&self.log_dir, synced)
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
