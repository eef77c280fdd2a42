//! The values of the epochs as a table.

use core::cell::Cell;
use std::format;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::string::{String, ToString};
use std::vec::Vec;

use super::callback::{Callback, callback_error};
use super::stored::check_counts;
use crate::error::Error;
use crate::model::Model;
use crate::train::files::atomic::sync;
use crate::train::files::error::file_error;
use crate::train::files::place::{Place, folder};
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
/// was not all on the disk, the rows are written again. The rows that a checkpoint counts on are brought to
/// the disk before it.
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
    file: Option<File>,
    /// Whether there are rows that may not be on the disk.
    unsynced: Cell<bool>,
    /// Whether it is a file, and not a device.
    regular: bool,
    /// The bytes of the file that are to stay.
    len: u64,
    /// Whether the training continues from a checkpoint.
    resumed: bool,
    /// The columns after `epoch`; none before they are known.
    columns: Vec<String>,
    /// Whether the columns are final: those that other callbacks log are known after an epoch.
    begun: bool,
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
            unsynced: Cell::new(false),
            regular: true,
            len: 0,
            resumed: false,
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
        let place = Place::of(&self.filename)?;
        self.regular = !matches!(place, Place::Device);
        let mut open = OpenOptions::new();
        if self.regular {
            open.create(true).truncate(false).read(true);
        }
        let file = open.write(true).open(&self.filename)?;
        if let Place::New(target) = place {
            sync(folder(&target))?;
        }
        let there = if self.regular {
            file.metadata()?.len()
        } else {
            0
        };
        self.len = if self.append { there } else { 0 };
        self.file = Some(file);
        Ok(())
    }

    /// The columns that the file has; none if it is not one of tables.
    fn found(&mut self) -> io::Result<Option<Vec<String>>> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        file.seek(SeekFrom::Start(0))?;
        let row = first_row(file, self.separator)?;
        Ok(row.filter(|row| row.first().is_some_and(|name| name == EPOCH)))
            .map(|row| row.map(|row| row[1..].to_vec()))
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
        let names = || t.metrics_names().iter().map(String::as_str);
        let logged = || t.logged().iter().map(|(name, _)| *name);
        let known = !self.columns.is_empty();
        if known && !self.resumed {
            self.fits(logged())?;
            self.has_no_more(|name| names().chain(logged()).any(|n| n == name))?;
            return Ok(String::new());
        }
        if self.resumed && self.regular && self.goes_on(names())? {
            return Ok(String::new());
        }
        // From the beginning, with the epochs that a checkpoint has remembered.
        self.len = if self.regular { 0 } else { self.len };
        let first = t.history().series().iter();
        let first = first.filter(|series| series.of(0).is_some());
        let first = first.map(|series| series.key.as_str());
        let columns = names().chain(logged()).chain(first);
        self.columns = columns.map(String::from).collect();
        self.columns.sort();
        self.columns.dedup();
        let header = core::iter::once(EPOCH).chain(self.columns.iter().map(String::as_str));
        let mut rows = self.row(header);
        let epochs = t.history().epoch();
        let before = if self.regular {
            epochs.len().saturating_sub(1)
        } else {
            0
        };
        for (row, epoch) in epochs[..before].iter().enumerate() {
            let of = |name: &str| {
                let mut all = t.history().series().iter();
                all.find(|series| series.key == name)?.of(row)
            };
            rows += &self.values(*epoch, &of);
        }
        Ok(rows)
    }

    /// Whether the file of an interrupted training has what a checkpoint says, with these names.
    fn goes_on<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) -> Result<bool, Error> {
        let there = self.file.as_ref().map(File::metadata).transpose();
        let there = there.map_err(|e| self.wrong(&e))?.map_or(0, |m| m.len());
        let columns = self.found().map_err(|e| self.wrong(&e))?;
        let fits = |columns: &Vec<String>| names.all(|name| columns.iter().any(|c| c == name));
        match columns.filter(fits) {
            Some(columns) if self.len > 0 && self.len <= there => self.columns = columns,
            // Of the rows of before this training there is no other copy.
            Some(columns) if self.append && self.len > 0 => {
                self.columns = columns;
                self.len = self.whole_rows().map_err(|e| self.wrong(&e))?;
            }
            None if self.append && self.len > 0 && there > 0 => {
                return Err(self.other("it is no longer the table that was appended to"));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The bytes of the file up to the end of its last row.
    fn whole_rows(&mut self) -> io::Result<u64> {
        let mut bytes = Vec::new();
        if let Some(file) = &mut self.file {
            file.seek(SeekFrom::Start(0))?;
            file.read_to_end(&mut bytes)?;
        }
        let end = bytes.iter().rposition(|byte| *byte == b'\n');
        Ok(end.map_or(0, |end| end as u64 + 1))
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
        if !self.regular {
            return file.write_all(rows.as_bytes());
        }
        self.unsynced.set(true);
        file.set_len(self.len)?;
        if self.len > 0 {
            // A last line that another program has not ended.
            let mut last = [0];
            file.seek(SeekFrom::Start(self.len - 1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\r\n")?;
                self.len += 2;
            }
        }
        file.seek(SeekFrom::Start(self.len))?;
        file.write_all(rows.as_bytes())?;
        self.len += rows.len() as u64;
        Ok(())
    }

    fn wrong(&self, e: &io::Error) -> Error {
        file_error(&self.filename, e.to_string())
    }
}

impl<M: Model> Callback<M> for CSVLogger {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let separator = self.separator;
        if separator.is_alphanumeric() || "\"\r\n.-_".contains(separator) {
            let why = format!("separator: {separator:?} occurs in names or numbers");
            return Err(callback_error("CSVLogger", why));
        }
        self.open().map_err(|e| self.wrong(&e))?;
        self.columns = Vec::new();
        self.begun = false;
        self.resumed = false;
        if self.len > 0 {
            let found = self.found().map_err(|e| self.wrong(&e))?;
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
        self.write(&rows).map_err(|e| self.wrong(&e))
    }

    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.file = None;
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        // What a checkpoint counts on is on the disk before it. If that fails, a training that continues sees
        // that the file is too short.
        if let Some(file) = self.file.as_ref().filter(|_| self.unsynced.take()) {
            let _ = file.sync_all();
        }
        std::vec![self.len as f64]
    }

    fn check_state(&self, state: &[f64]) -> Result<(), String> {
        check_counts::<1>(state)
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [len] = *state {
            self.len = len as u64;
            self.resumed = true;
        }
    }
}
