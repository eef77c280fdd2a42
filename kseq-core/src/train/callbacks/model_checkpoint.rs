//! Saves a model while it trains.

use std::format;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_safetensors::{folder, make_folder_of, probe_file, probe_folder, wrong_ending};

use super::callback::{Callback, callback_error};
use super::filepath::Pattern;
use super::monitor::{Mode, Monitor};
use super::number_format::Number;
use super::save_freq::SaveFreq;
use super::stored::check_counts_and_best;
use crate::error::Error;
use crate::model::Model;
use crate::train::files::error::with_path;
use crate::train::report::Logs;
use crate::train::report::say::say;
use crate::train::state::Training;

/// Saves the model after every epoch, or after every N batches, or only when it is the best so
/// far: Keras's `ModelCheckpoint`.
///
/// The path may hold values, in the form that Keras has from Python:
/// `model.{epoch:02d}-{val_loss:.2f}.safetensors`; epochs (and with `save_freq` batches) count from 1
/// there, and `{val_loss}` alone is as short as the number reads back. What is saved is a checkpoint, from which [`Compiled::load`](crate::train::Compiled::load) and
/// `load_weights` read; with `save_weights_only` the weights alone.
///
/// Defaults as in Keras: monitor `val_loss`, every model is saved, after every epoch.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::ModelCheckpoint;
/// let best = ModelCheckpoint::new("out/best.safetensors")
///     .monitor("val_loss")
///     .save_best_only(true)
///     .save_weights_only(true);
/// assert_eq!(best.best(), None);
/// ```
#[derive(Clone, Debug)]
pub struct ModelCheckpoint {
    filepath: String,
    pattern: Option<Pattern>,
    monitor: Monitor,
    verbose: u8,
    save_best_only: bool,
    save_weights_only: bool,
    save_freq: SaveFreq,
    seen: usize,
}

impl ModelCheckpoint {
    /// Saves to this path after every epoch.
    #[must_use]
    pub fn new(filepath: impl Into<PathBuf>) -> Self {
        ModelCheckpoint {
            filepath: filepath.into().to_string_lossy().into_owned(),
            pattern: None,
            monitor: Monitor::new("val_loss"),
            verbose: 0,
            save_best_only: false,
            save_weights_only: false,
            save_freq: SaveFreq::Epoch,
            seen: 0,
        }
    }

    /// The value that says which model is the best. Default `val_loss`.
    #[must_use]
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// 1: says what it saves. Default 0.
    #[must_use]
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.verbose = verbose;
        self
    }

    /// Whether only a model that is better than all before is saved. Default false.
    #[must_use]
    pub fn save_best_only(mut self, save_best_only: bool) -> Self {
        self.save_best_only = save_best_only;
        self
    }

    /// Whether only weights are saved, and not the optimizer and the state of the training. Default false.
    #[must_use]
    pub fn save_weights_only(mut self, save_weights_only: bool) -> Self {
        self.save_weights_only = save_weights_only;
        self
    }

    /// Whether smaller or larger is better: `"min"`, `"max"` or `"auto"`, or a [`Mode`].
    #[must_use]
    pub fn mode(mut self, mode: impl Into<Mode>) -> Self {
        self.monitor.mode = mode.into();
        self
    }

    /// After every epoch, `save_freq("epoch")`, or after every N batches: `save_freq(100)`.
    #[must_use]
    pub fn save_freq(mut self, save_freq: impl Into<SaveFreq>) -> Self {
        self.save_freq = save_freq.into();
        self
    }

    /// The value that the first model to be saved must beat. Default none.
    #[must_use]
    pub fn initial_value_threshold(mut self, value: f32) -> Self {
        self.monitor.best = Some(value);
        self
    }

    /// The best value so far.
    #[must_use]
    pub fn best(&self) -> Option<f32> {
        self.monitor.best
    }

    /// What is wrong with the arguments, before the first step.
    fn begin<M: Model>(&mut self, t: &mut Training<'_, M>) -> Result<(), String> {
        if let Some(why) = self.save_freq.wrong() {
            return Err(why);
        }
        if self.filepath.contains(char::REPLACEMENT_CHARACTER) {
            let path = &self.filepath;
            return Err(format!(
                "filepath: expected a path in UTF-8, found `{path}`"
            ));
        }
        if let Some(why) = wrong_ending(&self.filepath) {
            return Err(format!("filepath: {why}"));
        }
        let pattern = Pattern::parse(&self.filepath)?;
        let batches = self.save_freq != SaveFreq::Epoch;
        let known = |name: &str| {
            name == "epoch"
                || name == "batch" && batches
                || t.metrics_names()
                    .iter()
                    .any(|n| n == name && !(batches && n.starts_with("val_")))
        };
        if let Some(unknown) = pattern.names().find(|name| !known(name)) {
            let mut names = std::vec!["epoch"];
            names.extend(batches.then_some("batch"));
            let all = t.metrics_names().iter().map(String::as_str);
            names.extend(all.filter(|n| known(n)));
            let names = names.join(", ");
            return Err(format!("filepath: there is no `{unknown}`, only: {names}"));
        }
        self.pattern = Some(pattern);
        Ok(())
    }

    /// Whether the path can be written: its folder at least, where values decide what comes behind.
    fn probe(&self) -> Result<(), Error> {
        let Some(pattern) = &self.pattern else {
            return Ok(());
        };
        let beginning = pattern.beginning();
        match pattern.names().next() {
            None => with_path(Path::new(beginning), probe_file(Path::new(beginning))),
            Some(_) => {
                // What would be a file if nothing came behind it.
                let file = format!("{beginning}_");
                let folder = folder(Path::new(&file));
                with_path(folder, probe_folder(folder))
            }
        }
    }

    fn save<M: Model>(
        &mut self,
        (epoch, batch): (usize, Option<usize>),
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let value = |name: &str| match (name, batch) {
            ("epoch", _) => Some(Number::Whole(epoch + 1)),
            ("batch", Some(batch)) => Some(Number::Whole(batch + 1)),
            _ => logs.get(name).map(Number::Real),
        };
        let Some(pattern) = &self.pattern else {
            return Ok(()); // `on_train_begin` has not run
        };
        let path = pattern.fill(&value).map_err(|name| {
            let epoch = epoch + 1;
            let why = format!("filepath: epoch {epoch} has no `{name}`");
            callback_error("ModelCheckpoint", why)
        })?;
        let saying = self.verbose > 0;
        let (name, best) = (&self.monitor.name, self.monitor.best);
        // A value that is not there at the end of a batch (`val_loss`) keeps nothing from being saved.
        if let Some(current) = logs.get(name).filter(|_| self.save_best_only) {
            let from = best.map_or("None".to_string(), |best| format!("{best:.5}"));
            if !self.monitor.improves(current, best) {
                if saying {
                    say(format_args!(
                        "\nEpoch {}: {name} did not improve from {from}",
                        epoch + 1
                    ));
                }
                return Ok(());
            }
            if saying {
                say(format_args!(
                    "\nEpoch {}: {name} improved from {from} to {current:.5}, saving model to {path}",
                    epoch + 1
                ));
            }
            self.monitor.best = Some(current);
        } else if saying {
            say(format_args!(
                "\nEpoch {}: saving model to {path}",
                epoch + 1
            ));
        }
        if !self.save_weights_only {
            t.backup(path);
            return Ok(());
        }
        with_path(Path::new(&path), make_folder_of(Path::new(&path)))?;
        t.model.save_weights(path)
    }
}

impl<M: Model> Callback<M> for ModelCheckpoint {
    fn writes(&self) -> bool {
        true
    }

    fn monitor(&self) -> Option<&str> {
        self.save_best_only.then_some(&self.monitor.name)
    }

    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        self.begin(t)
            .map_err(|why| callback_error("ModelCheckpoint", why))?;
        self.probe()?;
        match self.save_best_only {
            true => self.monitor.begin("ModelCheckpoint", t),
            false => Ok(()),
        }
    }

    fn on_train_batch_end(
        &mut self,
        batch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match self.save_freq.batch(&mut self.seen) {
            true => self.save((t.position().epoch, Some(batch)), logs, t),
            false => Ok(()),
        }
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        match self.save_freq {
            SaveFreq::Epoch => self.save((epoch, None), logs, t),
            SaveFreq::Batches(_) | SaveFreq::Unknown(_) => Ok(()),
        }
    }

    fn state(&self) -> Vec<f64> {
        let [some, best] = self.monitor.state();
        std::vec![self.seen as f64, some, best]
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts_and_best::<1>(state)
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [seen, some, best] = *state {
            self.seen = seen as usize;
            self.monitor.set_state([some, best]);
        }
    }
}
