//! The error of a file.

use std::borrow::ToOwned;
use std::path::Path;
use std::string::String;

use crate::error::Error;

/// Why a file cannot be used.
pub(in crate::train) fn file_error(path: &Path, why: impl Into<String>) -> Error {
    Error::File {
        path: path.to_owned(),
        why: why.into(),
    }
}
