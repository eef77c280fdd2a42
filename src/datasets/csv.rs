//! Tables as text, read batch by batch: `.csv` files that may be larger than memory.

use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use ::csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder};
use kseq_core::tensor::Tensor;
use kseq_core::train::{Batch, Sequence};

pub use columns::Column;
use columns::of_targets_and_features;

use super::DatasetError;
use super::number::Number;

mod columns;
#[cfg(test)]
mod tests;

/// Where a record begins: byte and line.
type RecordStart = (u64, u64);

/// How a `.csv` file is read: RFC 4180, with a header unless [`header`](Csv::header) says no.
///
/// ```
/// use kseq::datasets::Csv;
/// use kseq::train::Sequence;
/// # let path = std::env::temp_dir().join(format!("kseq-doc-{}.csv", std::process::id()));
/// std::fs::write(&path, "width,height,kind\n1.5,2,0\n3,4.25,1\n5,6,0\n")?;
/// let batches = Csv::new()
///     .target("kind")
///     .batch_size(2)
///     .open::<[f32; 2], u32>(&path)?; // model.fit_generator(batches, Fit::new())?
/// assert_eq!(batches.len(), 2);
/// assert_eq!(batches.get(0)?.x, [[1.5, 2.0], [3.0, 4.25]]);
/// assert_eq!(batches.get(1)?.y, [0]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Csv {
    header: bool,
    delimiter: u8,
    features: Vec<Column>,
    targets: Vec<Column>,
    batch_size: usize,
}

impl Default for Csv {
    fn default() -> Self {
        Csv::new()
    }
}

impl Csv {
    /// A header, commas, batches of 32; no target yet.
    pub const fn new() -> Self {
        Csv {
            header: true,
            delimiter: b',',
            features: Vec::new(),
            targets: Vec::new(),
            batch_size: 32,
        }
    }

    /// Whether the first line has the names of the columns. Default true.
    pub const fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// What is between two fields. Default: a comma.
    pub const fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// One more column of the target, in this order.
    pub fn target(mut self, column: impl Into<Column>) -> Self {
        self.targets.push(column.into());
        self
    }

    /// One more column of the sample, in this order. Default: all that are not of the target, if none of them has the name
    /// of one that is.
    pub fn feature(mut self, column: impl Into<Column>) -> Self {
        self.features.push(column.into());
        self
    }

    /// The records of a batch; the last one may have fewer. Default 32.
    pub const fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Goes once through the file, to know where the batches are: 16 bytes are kept for each. The
    /// numbers are read when a batch is asked for.
    ///
    /// Nobody may change the file while it is open: a batch of one that has another length by then is an error.
    ///
    /// # Errors
    /// There is no such file, or no such column, or two of that name; a line has more or fewer fields than the
    /// first; the columns are not as many as the numbers of a sample or a target.
    pub fn open<X, Y>(&self, path: impl AsRef<Path>) -> Result<CsvFlow<X, Y>, DatasetError>
    where
        X: Tensor<Elem: Number>,
        Y: Tensor<Elem: Number>,
    {
        let path = path.as_ref().to_path_buf();
        self.index(&path)
            .and_then(|(names, index)| {
                let [targets, features] =
                    of_targets_and_features(&self.targets, &self.features, &names)?;
                for (what, columns, numbers) in [
                    ("sample", &features, X::LEN),
                    ("target", &targets, Y::LEN),
                ] {
                    if columns.len() != numbers {
                        let columns = columns.len();
                        return Err(format!(
                            "a {what} has {numbers} numbers, but there are {columns} columns for it; \
                             name them with `.target(..)` and `.feature(..)`"
                        ));
                    }
                }
                Ok(CsvFlow {
                    path: path.clone(),
                    options: self.clone(),
                    names,
                    features,
                    targets,
                    index,
                    types: PhantomData,
                })
            })
            .map_err(|why| DatasetError { path, why })
    }

    /// A reader that takes the header, if there is one, for a record.
    fn reader(&self, path: &Path) -> Result<Reader<File>, String> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).delimiter(self.delimiter);
        Ok(builder.from_reader(file))
    }

    /// The names of the columns, and where the batches are.
    fn index(&self, path: &Path) -> Result<(Vec<String>, Index), String> {
        if self.batch_size == 0 {
            return Err(String::from("batch_size: expected at least 1, found 0"));
        }
        let mut reader = self.reader(path)?;
        let mut record = ByteRecord::new();
        let mut names = Vec::new();
        let (mut batches, mut records) = (Vec::new(), 0usize);
        while next(&mut reader, &mut record)? {
            if names.is_empty() {
                names = match self.header {
                    true => record.iter().map(text).collect(),
                    false => (0..record.len()).map(|_| String::new()).collect(),
                };
                if self.header {
                    continue;
                }
            }
            if records.is_multiple_of(self.batch_size) {
                let at = record.position().map(|p| (p.byte(), p.line()));
                batches.extend(at);
            }
            records += 1;
        }
        match records {
            0 => Err(String::from("there is no record; give at least one")),
            _ => {
                let bytes = length(&reader)?;
                let index = Index {
                    bytes,
                    records,
                    batches,
                };
                Ok((names, index))
            }
        }
    }
}

/// The bytes of the file that is read.
fn length(reader: &Reader<File>) -> Result<u64, String> {
    let there = reader.get_ref().metadata();
    Ok(there.map_err(|e| e.to_string())?.len())
}

/// The next record; every one has as many fields as the first.
fn next(reader: &mut Reader<File>, record: &mut ByteRecord) -> Result<bool, String> {
    reader.read_byte_record(record).map_err(|e| match e.kind() {
        ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => {
            let line = pos.as_ref().map_or(0, Position::line);
            format!("line {line} has {len} fields, the first one has {expected_len}")
        }
        _ => e.to_string(),
    })
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim().to_string()
}

/// Where the batches of a file are, as it was opened.
#[derive(Debug)]
struct Index {
    /// The bytes of the file.
    bytes: u64,
    records: usize,
    /// Where the batches begin.
    batches: Vec<RecordStart>,
}

/// A `.csv` file as a [`Sequence`] of batches: what [`Csv::open`] gives.
#[derive(Debug)]
pub struct CsvFlow<X, Y> {
    path: PathBuf,
    options: Csv,
    names: Vec<String>,
    features: Vec<usize>,
    targets: Vec<usize>,
    index: Index,
    types: PhantomData<fn() -> (X, Y)>,
}

impl<X, Y> CsvFlow<X, Y>
where
    X: Tensor<Elem: Number>,
    Y: Tensor<Elem: Number>,
{
    fn batch(&self, index: usize) -> Result<Batch<X, Y>, String> {
        let (mut x, mut y) = (vec![], vec![]);
        let mut reader = self.options.reader(&self.path)?;
        let Some(&(byte, line)) = self.index.batches.get(index) else {
            let batches = self.index.batches.len();
            return Err(format!("there is no batch {index} from 0, only {batches}"));
        };
        let (was, is) = (self.index.bytes, length(&reader)?);
        let changed = |found: String| {
            format!("{found}: it has changed since it was opened, when it had {was} bytes")
        };
        if was != is {
            return Err(changed(format!("it has {is} bytes")));
        }
        let mut at = Position::new();
        at.set_byte(byte).set_line(line);
        reader.seek(at).map_err(|e| e.to_string())?;
        let mut record = ByteRecord::new();
        let size = self.options.batch_size;
        let records = size.min(self.index.records - index * size);
        for i in 0..records {
            if !next(&mut reader, &mut record)? {
                return Err(changed(format!(
                    "batch {index} has {i} records of {records}"
                )));
            }
            if record.len() != self.names.len() {
                let (found, fields) = (record.len(), self.names.len());
                return Err(changed(format!(
                    "a record of batch {index} has {found} fields of {fields}"
                )));
            }
            self.numbers(&record, &self.features, &mut x)?;
            self.numbers(&record, &self.targets, &mut y)?;
        }
        Ok(Batch {
            x: X::view(&x).to_vec(),
            y: Y::view(&y).to_vec(),
            sample_weight: None,
        })
    }

    /// Appends the numbers in some columns of a record.
    fn numbers<T: Number>(
        &self,
        record: &ByteRecord,
        columns: &[usize],
        to: &mut Vec<T>,
    ) -> Result<(), String> {
        for &column in columns {
            let field = text(record.get(column).unwrap_or(b""));
            let number = T::parse(&field).ok_or_else(|| {
                let line = record.position().map_or(0, Position::line);
                let name = match self.names.get(column) {
                    Some(name) if !name.is_empty() => format!(" `{name}`"),
                    _ => String::new(),
                };
                let what = T::NAME;
                format!("line {line}, column {column}{name}: expected {what}, found \"{field}\"")
            })?;
            to.push(number);
        }
        Ok(())
    }
}

impl<X, Y> Sequence for CsvFlow<X, Y>
where
    X: Tensor<Elem: Number>,
    Y: Tensor<Elem: Number>,
{
    type Item = Result<Batch<X, Y>, DatasetError>;

    fn len(&self) -> usize {
        self.index.batches.len()
    }

    fn get(&self, index: usize) -> Self::Item {
        self.batch(index).map_err(|why| DatasetError {
            path: self.path.clone(),
            why,
        })
    }
}
