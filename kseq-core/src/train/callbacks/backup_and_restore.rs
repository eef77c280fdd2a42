//! Goes on with a training that was interrupted.

use std::fs;
use std::path::PathBuf;
use std::string::String;
use std::vec::Vec;

use kseq_safetensors::probe_file;

use super::callback::{Callback, callback_error};
use super::save_freq::SaveFreq;
use super::stored::check_counts;
use crate::error::Error;
use crate::model::Model;
use crate::train::files::error::with_path;
use crate::train::report::Logs;
use crate::train::state::Training;

/// Backs up the training, and continues from the backup if there is one: Keras's `BackupAndRestore`.
///
/// The program is simply started again after an interruption, with the same data, arguments and
/// callbacks: the training continues after the last backup, in the middle of an epoch, too, and ends with
/// the very bits that it would have had without the interruption. A process killed while it saves leaves
/// the backup before. (Keras continues at the beginning of the epoch, with another order of the samples.)
///
/// Defaults as in Keras: after every epoch; the backup is deleted when `fit` has ended.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::BackupAndRestore;
/// let backup = BackupAndRestore::new("out/backup").save_freq(100);
/// assert!(backup.file().ends_with("latest.safetensors"));
/// ```
#[derive(Clone, Debug)]
pub struct BackupAndRestore {
    backup_dir: PathBuf,
    save_freq: SaveFreq,
    delete_checkpoint: bool,
    seen: usize,
}

impl BackupAndRestore {
    /// Backs up into this folder, which belongs to this training alone.
    #[must_use]
    pub fn new(backup_dir: impl Into<PathBuf>) -> Self {
        BackupAndRestore {
            backup_dir: backup_dir.into(),
            save_freq: SaveFreq::Epoch,
            delete_checkpoint: true,
            seen: 0,
        }
    }

    /// After every epoch, `save_freq("epoch")`, or after every N batches: `save_freq(100)`.
    #[must_use]
    pub fn save_freq(mut self, save_freq: impl Into<SaveFreq>) -> Self {
        self.save_freq = save_freq.into();
        self
    }

    /// Whether the backup is deleted when `fit` has ended without an error. Default true.
    #[must_use]
    pub fn delete_checkpoint(mut self, delete_checkpoint: bool) -> Self {
        self.delete_checkpoint = delete_checkpoint;
        self
    }

    /// The file of the backup.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.backup_dir.join("latest.safetensors")
    }
}

impl<M: Model> Callback<M> for BackupAndRestore {
    fn writes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let refused = |why: &str| Err(callback_error("BackupAndRestore", why));
        if self.backup_dir.as_os_str().is_empty() {
            return refused("backup_dir: expected the path of a folder, found an empty one");
        }
        if let Some(why) = self.save_freq.wrong() {
            return refused(&why);
        }
        self.seen = 0;
        let file = self.file();
        with_path(&file, probe_file(&file))?;
        if with_path(&file, file.try_exists())? {
            t.restore(file);
        }
        Ok(())
    }

    fn on_train_batch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if self.save_freq.batch(&mut self.seen) {
            t.backup(self.file());
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        _: usize,
        _: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        if self.save_freq == SaveFreq::Epoch {
            t.backup(self.file());
        }
        Ok(())
    }

    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        let file = self.file();
        if self.delete_checkpoint && file.exists() {
            with_path(&file, fs::remove_file(&file))?;
            // Only if nothing else is in it.
            let _ = fs::remove_dir(&self.backup_dir);
        }
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        std::vec![self.seen as f64]
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts::<1>(state)
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [seen] = *state {
            self.seen = seen as usize;
        }
    }
}
