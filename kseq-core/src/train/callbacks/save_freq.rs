//! When something is saved.

use std::format;
use std::string::{String, ToString};

/// When `ModelCheckpoint` and `BackupAndRestore` save.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaveFreq {
    /// After every epoch (default).
    #[default]
    Epoch,
    /// After every N batches, counted over the epochs.
    Batches(usize),
    /// A word that is not `epoch`: an error of `fit`, before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's word: `.save_freq("epoch")`.
impl From<&'static str> for SaveFreq {
    fn from(word: &'static str) -> Self {
        match word {
            "epoch" => SaveFreq::Epoch,
            other => SaveFreq::Unknown(other),
        }
    }
}

impl From<usize> for SaveFreq {
    fn from(batches: usize) -> Self {
        SaveFreq::Batches(batches)
    }
}

impl SaveFreq {
    /// What is wrong with it, if anything.
    pub(super) fn wrong(self) -> Option<String> {
        match self {
            SaveFreq::Batches(0) => {
                Some("save_freq: expected at least 1 batch, found 0".to_string())
            }
            SaveFreq::Unknown(word) => Some(format!(
                "save_freq: expected \"epoch\" or a number of batches, found {word:?}"
            )),
            SaveFreq::Epoch | SaveFreq::Batches(_) => None,
        }
    }

    /// Counts a batch; whether it is time to save.
    pub(super) fn batch(self, seen: &mut usize) -> bool {
        let SaveFreq::Batches(freq) = self else {
            return false;
        };
        *seen += 1;
        let now = *seen >= freq;
        if now {
            *seen = 0;
        }
        now
    }
}
