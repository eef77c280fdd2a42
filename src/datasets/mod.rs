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
use std::format;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::string::{String, ToString};

use flate2::bufread::MultiGzDecoder;

/// Why a data set could not be read: the file, and what was expected and found there.
#[derive(Clone, PartialEq, Eq)]
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

/// The same text: Rust prints this form of an error that `main` returns, and of one that `unwrap` meets.
impl core::fmt::Debug for DatasetError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for DatasetError {}

/// The bytes that `load_data` unpacks of a `.gz` file, at most: 256 MiB. A few hundred KB can unpack to gigabytes; who expects
/// so much says it to `load_data_up_to`.
pub const MAX_UNPACKED: u64 = 1 << 28;

/// What is unpacked, up to a limit.
struct Unpacked<R> {
    from: R,
    left: u64,
    limit: u64,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        // One byte more than may come tells whether there is more.
        let some =
            usize::try_from(self.left.saturating_add(1)).map_or(to.len(), |n| n.min(to.len()));
        let n = self.from.read(to.get_mut(..some).unwrap_or_default())?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => {
                let limit = self.limit;
                let why = format!(
                    "it unpacks to more than {limit} bytes; if that is meant, call `load_data_up_to`"
                );
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
            }
        }
        Ok(n)
    }
}

/// What is wrong with a file that cannot be read to its end.
fn unreadable(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::FileTooLarge => e.to_string(),
        _ => format!("damaged or cut short: {e}"),
    }
}

/// Opens the file itself, or the one with `.gz` behind its name, and unpacks at most so many bytes.
fn open(path: &Path, limit: u64) -> Result<(PathBuf, Box<dyn Read>), DatasetError> {
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
        Box::new(Unpacked {
            from: MultiGzDecoder::new(file),
            left: limit,
            limit,
        })
    } else {
        Box::new(file)
    };
    Ok((path, unpacked))
}
