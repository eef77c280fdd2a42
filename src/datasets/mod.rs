//! `keras.datasets`: data sets on disk. kseq never downloads anything.

#[cfg(feature = "csv")]
mod csv;
mod idx;
pub mod mnist;
mod npy;
mod number;
pub mod sentences;

#[cfg(feature = "csv")]
pub use self::csv::{Column, Csv, CsvFlow};
pub use npy::Npy;
pub use number::Number;

use std::boxed::Box;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};

use flate2::bufread::MultiGzDecoder;

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

/// Opens the file itself, or the one with `.gz` behind its name, and unpacks it.
fn open(path: &Path) -> Result<(PathBuf, Box<dyn Read>), DatasetError> {
    let mut gz = path.as_os_str().to_os_string();
    gz.push(".gz");
    let found = [path.to_path_buf(), PathBuf::from(gz)]
        .into_iter()
        .find(|p| p.is_file());
    let Some(path) = found else {
        return Err(DatasetError {
            path: path.to_path_buf(),
            why: "no such file, with or without .gz".to_string(),
        });
    };
    let file = File::open(&path).map_err(|e| DatasetError {
        path: path.clone(),
        why: e.to_string(),
    })?;
    let file = BufReader::new(file);
    let unpacked: Box<dyn Read> = if path.extension().is_some_and(|e| e == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    Ok((path, unpacked))
}
