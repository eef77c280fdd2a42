//! The values of the epochs as a table.

use std::format;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::string::{String, ToString};
use std::vec::Vec;

use super::callback::{Callback, callback_error};
use crate::error::Error;
use crate::model::Model;
use crate::train::report::Logs;
use crate::train::state::Training;

/// Writes the values of every epoch to a CSV file: Keras's `CSVLogger`.
///
/// The columns are `epoch`, counted from 0, and the names in alphabetical order, with `learning_rate`
/// where a callback before this one sets it; what an epoch does not have is `NA`. The numbers are as
/// short as they can be and still read back as the same bits. A training that continues from a checkpoint
/// continues with the file as it was then.
///
/// ```
/// use kseq_core::train::callbacks::CSVLogger;
/// let log = CSVLogger::new("training.csv").separator(';').append(true);
/// ```
#[derive(Debug)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: char,
    append: bool,
    file: Option<File>,
    /// The bytes of the file that are to stay.
    len: u64,
    /// The columns after `epoch`.
    columns: Vec<String>,
    /// Whether the columns are final: those that other callbacks log are known after an epoch.
    begun: bool,
}

impl CSVLogger {
    /// Writes to this file, with commas, from its beginning.
    #[must_use]
    pub fn new(filename: impl Into<PathBuf>) -> Self {
        CSVLogger {
            filename: filename.into(),
            separator: ',',
            append: false,
            file: None,
            len: 0,
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

    fn row(&self, cells: impl Iterator<Item = String>) -> String {
        let separator = self.separator.to_string();
        let cells: Vec<String> = cells.collect();
        // As Python's `csv` ends a line.
        format!("{}\r\n", cells.join(&separator))
    }

    fn write(&mut self, rows: &str) -> std::io::Result<()> {
        let (len, Some(file)) = (self.len, &mut self.file) else {
            return Ok(());
        };
        file.set_len(len)?;
        file.seek(SeekFrom::Start(len))?;
        file.write_all(rows.as_bytes())?;
        self.len += rows.len() as u64;
        Ok(())
    }

    fn wrong(&self, e: &std::io::Error) -> Error {
        Error::File {
            path: self.filename.clone(),
            why: e.to_string(),
        }
    }
}

impl<M: Model> Callback<M> for CSVLogger {
    fn on_train_begin(&mut self, t: &mut Training<'_, M>) -> Result<(), Error> {
        let separator = self.separator;
        if separator.is_alphanumeric() || "\"\r\n.-_".contains(separator) {
            let why = format!("separator: {separator:?} occurs in names or numbers");
            return Err(callback_error("CSVLogger", why));
        }
        let mut open = OpenOptions::new();
        let open = open.create(true).truncate(false).write(true);
        let file = open.open(&self.filename).map_err(|e| self.wrong(&e))?;
        let there = file.metadata().map_err(|e| self.wrong(&e))?.len();
        self.len = if self.append { there } else { 0 };
        self.file = Some(file);
        self.columns = t.metrics_names().to_vec();
        self.begun = false;
        Ok(())
    }

    fn on_epoch_end(
        &mut self,
        epoch: usize,
        logs: &Logs<'_>,
        t: &mut Training<'_, M>,
    ) -> Result<(), Error> {
        let mut rows = String::new();
        let logged = t.logged();
        if !self.begun {
            let names = logged.iter().map(|(name, _)| (*name).to_string());
            self.columns.extend(names);
            self.columns.sort();
            self.columns.dedup();
            self.begun = true;
        }
        if self.len == 0 {
            let epoch = core::iter::once("epoch".to_string());
            rows += &self.row(epoch.chain(self.columns.iter().cloned()));
        }
        let value = |name: &String| {
            let logged = logged.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
            match logs.get(name).or(logged) {
                None => "NA".to_string(),
                Some(value) if value.is_nan() => "nan".to_string(),
                Some(value) => value.to_string(),
            }
        };
        let cells = core::iter::once(epoch.to_string());
        rows += &self.row(cells.chain(self.columns.iter().map(value)));
        self.write(&rows).map_err(|e| self.wrong(&e))
    }

    fn on_train_end(&mut self, _: &mut Training<'_, M>) -> Result<(), Error> {
        self.file = None;
        Ok(())
    }

    fn state(&self) -> Vec<f64> {
        std::vec![self.len as f64]
    }

    fn set_state(&mut self, state: &[f64]) {
        if let [len] = *state {
            self.len = len as u64;
        }
    }
}
