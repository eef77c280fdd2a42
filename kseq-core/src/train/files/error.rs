//! The error of a file.

use std::borrow::ToOwned;
use std::io;
use std::path::Path;
use std::string::{String, ToString};

use kseq_safetensors::wrong_ending;

use crate::error::Error;

/// Why a file cannot be used.
pub(in crate::train) fn file_error(path: &Path, why: impl Into<String>) -> Error {
    Error::File {
        path: path.to_owned(),
        why: why.into(),
    }
}

/// What was done with a file, or why it could not be.
pub(in crate::train) fn with_path<T>(path: &Path, done: io::Result<T>) -> Result<T, Error> {
    done.map_err(|e| file_error(path, e.to_string()))
}

/// Whether a file may have this name: one that promises another format is an error.
pub(in crate::train) fn check_ending(path: &Path) -> Result<(), Error> {
    match path.to_str().and_then(wrong_ending) {
        None => Ok(()),
        Some(why) => Err(file_error(path, why)),
    }
}
