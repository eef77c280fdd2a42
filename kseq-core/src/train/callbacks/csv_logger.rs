//! The values of the epochs as a table.

use std::format;
use std::io::{self, Read};
use std::path::PathBuf;
use std::string::{String, ToString};
use std::vec::Vec;

use kseq_safetensors::Growing;

use super::callback::{Callback, callback_error};
use super::stored::check_counts;
use crate::error::Error;
use crate::model::Model;
use crate::train::files::error::{file_error, with_path};
use crate::train::files::table::{cell, first_row};
use crate::train::report::Logs;
use crate::train::state::Training;

/// Writes the values of every epoch to a CSV file: Keras's `CSVLogger`.
///
/// The columns are `epoch`, counted from 0, and the names in alphabetical order, with `learning_rate`
/// where a callback before this one sets it; what an epoch does not have is `NA`. The numbers are as
/// short as they can be and still read back as the same bits. A table that is appended to keeps its columns;
/// one with others is an error.
///
/// A training that continues from a checkpoint continues with the file as it was then; if the file is gone, or
/// was not all on the disk, the rows are written again. A file that has become another one is begun anew, and an error
/// with `append(true)`. The rows that a checkpoint counts on are brought to the disk before it.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::callbacks::CSVLogger;
/// let log = CSVLogger::new("training.csv").separator(';').append(true);
/// ```
#[derive(Debug)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: char,
    append: bool,
    file: Option<Growing>,
    /// Whether it is a file, and not a device.
    regular: bool,
    /// What was there before this training, and is appended to.
    before: Beginning,
    /// What of the file is to stay.
    written: Beginning,
    /// Of the checkpoint that the training continues from.
    resumed: Option<Checkpoint>,
    /// The columns after `epoch`; none before they are known.
    columns: Vec<String>,
    /// Whether the columns are final: those that other callbacks log are known after an epoch.
    begun: bool,
}

/// The beginning of a file, as it was written or found.
#[derive(Clone, Debug, Default)]
struct Beginning {
    len: u64,
    sum: crc32fast::Hasher,
}

impl Beginning {
    /// So much of a file; none if it has less.
    fn of(file: &Growing, len: u64) -> io::Result<Option<Self>> {
        let mut sum = crc32fast::Hasher::new();
        let (mut rest, mut bytes) = (file.from(0)?.take(len), [0; 4096]);
        loop {
            match rest.read(&mut bytes) {
                Ok(0) if rest.limit() == 0 => return Ok(Some(Beginning { len, sum })),
                Ok(0) => return Ok(None),
                Ok(n) => sum.update(bytes.get(..n).unwrap_or(&bytes)),
                // A signal came in between.
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        self.sum.update(bytes);
    }

    /// Its length and its checksum.
    fn state(&self) -> [f64; 2] {
        [self.len as f64, f64::from(self.sum.clone().finalize())]
    }

    /// Whether a file begins with what this was when it had this state.
    fn is_of(file: &Growing, [len, sum]: [f64; 2]) -> io::Result<Option<Self>> {
        let found = Beginning::of(file, len as u64)?;
        Ok(found.filter(|found| found.state() == [len, sum]))
    }
}

/// What a checkpoint says of the file: what was there before the training, and what was there then.
#[derive(Clone, Copy, Debug)]
struct Checkpoint {
    before: [f64; 2],
    written: [f64; 2],
}

/// The first column.
const EPOCH: &str = "epoch";
/// The callbacks of a training that has this one: it, and the one that prints.
const ALONE: usize = 2;

impl CSVLogger {
    /// Writes to this file, with commas, from its beginning.
    #[must_use]
    pub fn new(filename: impl Into<PathBuf>) -> Self {
        CSVLogger {
            filename: filename.into(),
            separator: ',',
            append: false,
            file: None,
            regular: true,
            before: Beginning::default(),
            written: Beginning::default(),
            resumed: None,
            columns: Vec::new(),
            begun: false,
        }
    }

    /// What is between two columns. Default a comma.
    #[must_use]
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = separator;
        self
    }

    /// Whether rows are added to a file that is there. Default false.
    #[must_use]
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    fn row<'c>(&self, cells: impl Iterator<Item = &'c str>) -> String {
        let cells: Vec<_> = cells.map(|text| cell(text, self.separator)).collect();
        // As Python's `csv` ends a line.
        format!("{}\r\n", cells.join(&self.separator.to_string()))
    }

    fn open(&mut self) -> io::Result<()> {
        let file = Growing::open(&self.filename)?;
        self.regular = file.is_regular();
        self.written = Beginning::default();
        if self.append && self.regular {
            self.written = Beginning::of(&file, file.there()?)?.unwrap_or_default();
        }
        self.before = self.written.clone();
        self.file = Some(file);
        Ok(())
    }

    /// The columns that the file has; none if it is not one of tables.
    fn found(&self) -> io::Result<Option<Vec<String>>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let row = first_row(file.from(0)?, self.separator)?;
        Ok(row.filter(|row| row.first().is_some_and(|name| name == EPOCH)))
            .map(|row| row.map(|row| row.into_iter().skip(1).collect()))
    }

    /// What is wrong with a table that is appended to: it lacks a column.
    fn fits<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Result<(), Error> {
        match names.find(|name| !self.columns.iter().any(|c| c == name)) {
            Some(name) => Err(self.other(&format!("it has no column `{name}`"))),
            None => Ok(()),
        }
    }

    /// What is wrong with a table that is appended to: it has a column that no value is for.
    fn has_no_more(&self, is: impl Fn(&str) -> bool) -> Result<(), Error> {
        match self.columns.iter().find(|column| !is(column)) {
            Some(column) => {
                let why = format!("it has a column `{column}`, which this training has not");
                Err(self.other(&why))
            }
            None => Ok(()),
        }
    }

    fn other(&self, why: &str) -> Error {
        let why = format!("{why}; append to a table of the same values, or begin another file");
        file_error(&self.filename, why)
    }

    /// Begins a table, or goes on with the one that is there.
    fn begin<M: Model>(&mut self, t: &Training<'_, M>) -> Result<String, Error> {
        if let Some(checkpoint) = self.resumed.filter(|_| self.regular) {
            return self.resume(&checkpoint, t);
        }
        if self.columns.is_empty() {
            return Ok(self.header(t));
        }
        let logged = || t.logged().iter().map(|(name, _)| *name);
        self.fits(logged())?;
        let names = || t.metrics_names().iter().map(String::as_str);
        self.has_no_more(|name| names().chain(logged()).any(|n| n == name))?;
        Ok(String::new())
    }

    /// The columns of a new table, and its first row.
    fn header<M: Model>(&mut self, t: &Training<'_, M>) -> String {
        let names = t.metrics_names().iter().map(String::as_str);
        let logged = t.logged().iter().map(|(name, _)| *name);
        let first = t.history().series().iter();
        let first = first.filter(|series| series.of(0).is_some());
        let first = first.map(|series| series.key.as_str());
        let columns = names.chain(logged).chain(first);
        self.columns = columns.map(String::from).collect();
        self.columns.sort();
        self.columns.dedup();
        self.row(core::iter::once(EPOCH).chain(self.columns.iter().map(String::as_str)))
    }

    /// Goes on with the file of an interrupted training: after what the checkpoint says, or, if that is not there,
    /// after what was there before the training, with its epochs once more.
    fn resume<M: Model>(
        &mut self,
        checkpoint: &Checkpoint,
        t: &Training<'_, M>,
    ) -> Result<String, Error> {
        let names = || t.metrics_names().iter().map(String::as_str);
        let found = with_path(&self.filename, self.found())?;
        self.columns = found.unwrap_or_default();
        let fits = self.fits(names());
        if let Some(written) = self.begins(checkpoint.written)?
            && fits.is_ok()
        {
            // What is cut off are rows from this epoch on, and not those that another run has added.
            let mut rest = self.rest(written.len)?;
            let mut rows = String::new();
            if written.len == 0 {
                // The checkpoint is from before the first row, in which the columns are.
                rows = self.header(t);
                let there = rest.strip_prefix(rows.as_bytes()).map(<[u8]>::to_vec);
                rest = there.unwrap_or(rest);
            }
            let epoch = t.history().epoch().last().copied().unwrap_or(0);
            if self.append && !self.are_rows_from(epoch, &rest) {
                return Err(self.no_longer());
            }
            self.written = written;
            return Ok(rows);
        }
        let there = self.before.len;
        self.before = match self.begins(checkpoint.before)? {
            _ if !self.append || there == 0 => Beginning::default(),
            Some(before) => before,
            None => return Err(self.no_longer()),
        };
        let mut rows = String::new();
        if self.before.len == 0 {
            rows = self.header(t);
        } else {
            fits?;
        }
        let epochs = t.history().epoch();
        for (row, epoch) in epochs.iter().enumerate().rev().skip(1).rev() {
            let of = |name: &str| {
                let mut all = t.history().series().iter();
                all.find(|series| series.key == name)?.of(row)
            };
            rows += &self.values(*epoch, &of);
        }
        // What is cut off must be what is written again, up to where it reached the disk.
        if self.append {
            let rest = self.rest(self.before.len)?;
            let rest = rest.strip_prefix(b"\r\n").unwrap_or(&rest);
            if !rows.as_bytes().starts_with(rest) {
                return Err(self.no_longer());
            }
        }
        self.written = self.before.clone();
        Ok(rows)
    }

    /// Whether these are rows of this epoch and those after it, the last one perhaps torn.
    fn are_rows_from(&self, epoch: usize, rows: &[u8]) -> bool {
        let mut lines = rows.split_inclusive(|byte| *byte == b'\n').zip(epoch..);
        lines.all(|(line, epoch)| {
            let begin = format!("{epoch}{}", self.separator);
            let torn = !line.ends_with(b"\n") && begin.as_bytes().starts_with(line);
            torn || line.starts_with(begin.as_bytes())
        })
    }

    fn no_longer(&self) -> Error {
        self.other("it is no longer the table that this training has written to")
    }

    /// Whether the file begins as a checkpoint says.
    fn begins(&self, state: [f64; 2]) -> Result<Option<Beginning>, Error> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        with_path(&self.filename, Beginning::is_of(file, state))
    }

    /// The bytes of the file after the first ones, as far as they were brought to the disk: after a power cut there can be
    /// zeros.
    fn rest(&self, from: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        if let Some(file) = &self.file {
            let read = file.from(from).and_then(|mut f| f.read_to_end(&mut bytes));
            with_path(&self.filename, read)?;
        }
        let end = bytes.iter().position(|byte| *byte == 0);
        bytes.truncate(end.unwrap_or(bytes.len()));
        Ok(bytes)
    }

    /// A row of numbers.
    fn values(&self, epoch: usize, of: &dyn Fn(&str) -> Option<f32>) -> String {
        let value = |name: &String| match of(name) {
            None => "NA".to_string(),
            Some(value) if value.is_nan() => "nan".to_string(),
            Some(value) => value.to_string(),
        };
        let cells: Vec<String> = core::iter::once(epoch.to_string())
            .chain(self.columns.iter().map(value))
            .collect();
        self.row(cells.iter().map(String::as_str))
    }

    fn write(&mut self, rows: &str) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = &mut self.written;
        file.keep(written.len);
        let mut added = Vec::new();
        if written.len > 0 && self.regular {
            // A last line that another program has not ended.
            let mut last = [0];
            file.from(written.len - 1)?.read_exact(&mut last)?;
            if last != *b"\n" {
                added.extend(b"\r\n");
            }
        }
        added.extend(rows.as_bytes());
        file.add(&added)?;
        written.add(&added);
        Ok(())
    }
}

impl<M: Model> Callback<M> for CSVLogger {
    fn writes(&self) -> bool {
        true
    }

    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let separator = self.separator;
        if separator.is_alphanumeric() || "\"\r\n.-_".contains(separator) {
            let why = format!("separator: {separator:?} occurs in names or numbers");
            return Err(callback_error("CSVLogger", why));
        }
        let opened = self.open();
        with_path(&self.filename, opened)?;
        self.columns = Vec::new();
        self.begun = false;
        self.resumed = None;
        if self.written.len > 0 {
            let found = with_path(&self.filename, self.found())?;
            let Some(columns) = found else {
                let why = format!("expected a table that begins with `{EPOCH}{separator}`");
                return Err(self.other(&why));
            };
            self.columns = columns;
            self.fits(t.metrics_names().iter().map(String::as_str))?;
            // What other callbacks log is known after an epoch; if there are none, now.
            if t.state.callbacks <= ALONE {
                self.has_no_more(|name| t.metrics_names().iter().any(|n| n == name))?;
            }
        }
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let mut rows = String::new();
        if !self.begun {
            rows = self.begin(t)?;
            self.begun = true;
        }
        let logged = |name: &str| t.logged().iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        rows += &self.values(epoch, &|name| logs.get(name).or_else(|| logged(name)));
        let written = self.write(&rows);
        with_path(&self.filename, written)
    }

    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.file = None;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        match &mut self.file {
            Some(file) => with_path(&self.filename, file.sync()),
            None => Ok(()),
        }
    }

    fn state(&self) -> Vec<f64> {
        [self.written.state(), self.before.state()].concat()
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts::<4>(state).or_else(|why| check_counts::<1>(state).map_err(|_| why))
    }

    fn set_state(&mut self, state: &[f64]) {
        let [written, before] = match *state {
            [len, sum, before_len, before_sum] => [[len, sum], [before_len, before_sum]],
            // Of a checkpoint from before there was a checksum: the rows are written again.
            [len] => [[len, f64::NAN], [0.0, 0.0]],
            _ => return,
        };
        self.resumed = Some(Checkpoint { before, written });
    }
}
