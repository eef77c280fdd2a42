//! `keras.datasets`: data sets on disk. kseq never downloads anything.

mod idx;
pub mod mnist;

use std::path::PathBuf;
use std::string::String;

/// Why a data set could not be read: the file, and what was expected and found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was expected and found.
    pub why: String,
}

impl core::fmt::Display for DatasetError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

impl core::error::Error for DatasetError {}
