//! `History`: what `fit` returns.

use core::fmt::Write;
use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

use crate::train::files::table::cell;

/// The values of each epoch, under Keras's keys: `loss`, `accuracy`, `val_loss`, `val_accuracy`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::History;
/// let mut history = History::default();
/// history.record(0, &[("loss", 0.5)]);
/// history.record(1, &[("loss", 0.25), ("val_loss", 0.75)]);
/// assert_eq!(history.get("loss"), Some(&[0.5, 0.25][..]));
/// assert_eq!(history.epoch(), [0, 1]);
/// assert_eq!(history.to_csv(), "epoch,loss,val_loss\n0,0.5,\n1,0.25,0.75\n");
/// assert_eq!(history.to_json(), r#"{"epoch":[0,1],"loss":[0.5,0.25],"val_loss":[null,0.75]}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    epoch: Vec<usize>,
    values: Vec<Series>,
}

/// The values of a key.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::train) struct Series {
    pub key: String,
    pub values: Vec<f32>,
    /// Of which epochs they are: indices into `History::epoch`.
    pub at: Vec<usize>,
}

/// The keys of a [`History`].
#[derive(Clone)]
pub struct Keys<'a>(core::slice::Iter<'a, Series>);

impl<'a> Iterator for Keys<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        Some(&self.0.next()?.key)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Keys<'_> {}

impl core::fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl History {
    /// The values of `key`, one for each epoch that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[f32]> {
        Some(&self.values.iter().find(|s| s.key == key)?.values)
    }

    /// The value of `key` after the last epoch that has it.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<f32> {
        self.get(key)?.last().copied()
    }

    /// The keys, in the order in which they were recorded.
    pub fn keys(&self) -> Keys<'_> {
        Keys(self.values.iter())
    }

    /// The numbers of the epochs, from `initial_epoch`.
    #[must_use]
    pub fn epoch(&self) -> &[usize] {
        &self.epoch
    }

    /// A table: a line for each epoch, a column for each key; nothing where an epoch has no value.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut table = String::from("epoch");
        for key in self.keys() {
            table.push(',');
            // A key may be any name of a metric.
            table.push_str(&cell(key, ','));
        }
        table.push('\n');
        for (row, epoch) in self.epoch.iter().enumerate() {
            write_to(&mut table, format_args!("{epoch}"));
            for series in &self.values {
                table.push(',');
                if let Some(value) = series.of(row) {
                    write_to(&mut table, format_args!("{value}"));
                }
            }
            table.push('\n');
        }
        table
    }

    /// An object with an array for each key, as Keras's `history.history`, and one for `epoch`; `null` where
    /// an epoch has no value, or one that is not finite.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("{\"epoch\":[");
        separated(&mut json, self.epoch.iter(), |json, epoch| {
            write_to(json, format_args!("{epoch}"));
        });
        for series in &self.values {
            json.push_str("],");
            kseq_safetensors::quote(&mut json, &series.key);
            json.push_str(":[");
            let rows = (0..self.epoch.len()).map(|row| series.of(row));
            separated(&mut json, rows, |json, value| match value {
                Some(value) if value.is_finite() => write_to(json, format_args!("{value}")),
                _ => json.push_str("null"),
            });
        }
        json.push_str("]}");
        json
    }

    /// The values that a checkpoint had.
    pub(in crate::train) fn of(epoch: Vec<usize>, values: Vec<Series>) -> Self {
        History { epoch, values }
    }

    /// The values with their epochs.
    pub(in crate::train) fn series(&self) -> &[Series] {
        &self.values
    }

    /// Adds a value to the last epoch.
    pub(in crate::train) fn log(&mut self, key: &str, value: f32) {
        let at = self.epoch.len().saturating_sub(1);
        match self.values.iter_mut().find(|s| s.key == key) {
            Some(series) => {
                series.values.push(value);
                series.at.push(at);
            }
            None => self.values.push(Series {
                key: key.to_owned(),
                values: [value].to_vec(),
                at: [at].to_vec(),
            }),
        }
    }

    /// Adds the values of an epoch.
    pub fn record(&mut self, epoch: usize, logs: &[(impl AsRef<str>, f32)]) {
        self.epoch.push(epoch);
        for (key, value) in logs {
            self.log(key.as_ref(), *value);
        }
    }
}

impl Series {
    /// The value of an epoch, by its index.
    pub fn of(&self, row: usize) -> Option<f32> {
        let at = self.at.iter().position(|at| *at == row)?;
        self.values.get(at).copied()
    }
}

/// Writing into a string does not fail.
fn write_to(text: &mut String, arguments: core::fmt::Arguments<'_>) {
    let _ = text.write_fmt(arguments);
}

/// Items with commas between them.
fn separated<T>(
    text: &mut String,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    for (i, item) in items.enumerate() {
        if i > 0 {
            text.push(',');
        }
        write(text, item);
    }
}
