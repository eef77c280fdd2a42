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

use super::DatasetError;
use super::number::Number;

/// A place in a file: byte and line.
type Place = (u64, u64);

/// A column, by its name in the header or its number from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// By name.
    Name(String),
    /// By number.
    Index(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Column::Name(name.to_string())
    }
}

impl From<usize> for Column {
    fn from(index: usize) -> Self {
        Column::Index(index)
    }
}

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

    /// One more column of the sample, in this order. Default: all that are not of the target.
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
                let targets = find(&self.targets, &names)?;
                let features = match &self.features[..] {
                    [] => (0..names.len()).filter(|i| !targets.contains(i)).collect(),
                    features => find(features, &names)?,
                };
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

/// Which columns are meant.
fn find(columns: &[Column], names: &[String]) -> Result<Vec<usize>, String> {
    let find = |column: &Column| {
        // The second one would silently be a feature: the answer itself, perhaps.
        if let Column::Name(name) = column
            && let [first, second, ..] = all(name, names)[..]
        {
            return Err(format!(
                "the columns {first} and {second} from 0 are both called `{name}`; name them by their numbers, \
                 or give one another name"
            ));
        }
        let found = match column {
            Column::Name(name) => names.iter().position(|n| n == name),
            Column::Index(index) => Some(*index).filter(|i| *i < names.len()),
        };
        found.ok_or_else(|| match column {
            Column::Name(name) => {
                let names = names.join("`, `");
                format!("there is no column `{name}`, but there are: `{names}`")
            }
            Column::Index(index) => {
                let columns = names.len();
                format!("there is no column {index} from 0, the file has {columns}")
            }
        })
    };
    columns.iter().map(find).collect()
}

/// The columns of a name.
fn all(name: &str, names: &[String]) -> Vec<usize> {
    let all = names.iter().enumerate().filter(|(_, n)| *n == name);
    all.map(|(i, _)| i).collect()
}

/// Where the batches of a file are, as it was opened.
#[derive(Debug)]
struct Index {
    /// The bytes of the file.
    bytes: u64,
    records: usize,
    /// Where the batches begin.
    batches: Vec<Place>,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The batches of a file with this text, joined.
    fn read<X, Y>(csv: &Csv, content: &str) -> Result<(Vec<X>, Vec<Y>), String>
    where
        X: Tensor<Elem: Number>,
        Y: Tensor<Elem: Number>,
    {
        static FILES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("kseq-csv-{}-{number}.csv", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).expect("a temporary file");
        let read = csv.open::<X, Y>(&path).and_then(|flow| {
            let (mut x, mut y) = (vec![], vec![]);
            for i in 0..flow.len() {
                let batch = flow.get(i)?;
                x.extend(batch.x);
                y.extend(batch.y);
            }
            Ok((x, y))
        });
        std::fs::remove_file(&path).expect("it is there");
        read.map_err(|e| {
            assert_eq!(e.path, path);
            e.why
        })
    }

    #[test]
    fn columns_are_found_by_name_and_number() {
        let csv = Csv::new().batch_size(2);
        let table = "a, b,c\n1,2, 3\n4,5,6\n\"7\",8e1,9\n";
        let found = read(&csv.clone().target("c"), table);
        let x = vec![[1.0f32, 2.0], [4.0, 5.0], [7.0, 80.0]];
        assert_eq!(found, Ok((x.clone(), vec![3u32, 6, 9])));
        let found = read(&csv.clone().target(0).feature("c").feature(1), table);
        let y = vec![[1.0f32], [4.0], [7.0]];
        assert_eq!(found, Ok((vec![[3.0f32, 2.0], [6.0, 5.0], [9.0, 80.0]], y)));
        // Without a header, with semicolons, over lines within quotes, and no line end.
        let csv = csv.header(false).delimiter(b';').target(2);
        let found = read(&csv, "1;2;3\n4;\"5\n\";6\n7;80;9");
        assert_eq!(found, Ok((x, vec![3u32, 6, 9])));
    }

    #[test]
    fn a_name_that_two_columns_have_is_refused() {
        let table = "a,a,c\n1,2,0\n";
        let csv = Csv::new().batch_size(2);
        for csv in [
            csv.clone().target("a"),
            csv.clone().target("c").feature("a"),
        ] {
            let found = read::<[f32; 2], u32>(&csv, table).expect_err("two columns");
            let why = "the columns 0 and 1 from 0 are both called `a`";
            assert!(found.contains(why), "{found}");
        }
        // By number it is said which one is meant; one that nobody names is a feature like any other.
        let found = read(&csv.clone().target(0), table);
        assert_eq!(found, Ok((vec![[2.0f32, 0.0]], vec![1u32])));
        let found = read(&csv.clone().target("c"), table);
        assert_eq!(found, Ok((vec![[1.0f32, 2.0]], vec![0u32])));
    }

    #[test]
    fn a_file_that_changes_while_it_is_open_is_an_error() {
        let path = std::env::temp_dir().join(format!("kseq-csv-cut-{}.csv", std::process::id()));
        let table = "a,b,c\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n";
        std::fs::write(&path, table).expect("a temporary file");
        let csv = Csv::new().batch_size(2).target("c");
        let flow = csv.open::<[f32; 2], u32>(&path).expect("it is whole");
        assert_eq!(flow.get(1).map(|batch| batch.x.len()), Ok(2));
        let beyond = flow.get(2).map(|_| ()).expect_err("there are two");
        assert!(beyond.why.contains("no batch 2 from 0, only 2"), "{beyond}");
        for shorter in ["", "a,b,c\n", &table[..18], &table[..24], &table[..29]] {
            std::fs::write(&path, shorter).expect("the same file");
            for batch in 0..2 {
                let error = flow.get(batch).map(|_| ()).expect_err("it was cut");
                assert!(error.why.contains("changed since it was opened"), "{error}");
            }
        }
        // As long as before, with fewer records.
        std::fs::write(&path, table.replace("1\n5,6,0\n", "1.000000\n")).expect("the same file");
        let error = flow.get(1).map(|_| ()).expect_err("it was changed");
        assert!(error.why.contains("changed since it was opened"), "{error}");
        std::fs::remove_file(&path).expect("it is there");
    }

    #[test]
    fn mistakes_are_found_with_line_and_column() {
        let csv = Csv::new().batch_size(2).target("c");
        let cases = [
            (
                "a,b,c\n1,2,0\n1,2,0\n1,2,0\n1,x,0\n",
                "line 5, column 1 `b`: expected a finite number, found \"x\"",
            ),
            (
                "a,b,c\n1,nan,0\n",
                "line 2, column 1 `b`: expected a finite number, found \"nan\"",
            ),
            (
                "a,b,c\n1,2,-1\n",
                "line 2, column 2 `c`: expected a whole number of at least 0, found \"-1\"",
            ),
            (
                "a,b,c\n1,2,\n",
                "line 2, column 2 `c`: expected a whole number of at least 0, found \"\"",
            ),
            (
                "a,b,c\n1,2,0\n1,2\n",
                "line 3 has 2 fields, the first one has 3",
            ),
            (
                "a,b,d\n1,2,0\n",
                "there is no column `c`, but there are: `a`, `b`, `d`",
            ),
            (
                "a,c\n1,0\n",
                "a sample has 2 numbers, but there are 1 columns",
            ),
            ("a,b,c\n", "there is no record"),
            ("", "there is no record"),
        ];
        for (table, why) in cases {
            let found = read::<[f32; 2], u32>(&csv, table).expect_err(why);
            assert!(found.contains(why), "{found} should say {why}");
        }
        let third = csv.clone().target(7);
        let found = read::<[f32; 2], u32>(&third, "a,b,c\n1,2,0\n").expect_err("column");
        assert!(
            found.contains("no column 7 from 0, the file has 3"),
            "{found}"
        );
        assert!(csv.open::<[f32; 2], u32>("/no/such.csv").is_err());
    }
}
