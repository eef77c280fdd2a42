//! `History`: what `fit` returns.

use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

/// The values of each epoch, under Keras's keys: `loss`, `accuracy`, `val_loss`, `val_accuracy`.
///
/// ```
/// use kseq_core::train::History;
/// let mut history = History::default();
/// history.record(0, &[("loss", 0.5)]);
/// history.record(1, &[("loss", 0.25)]);
/// assert_eq!(history.get("loss"), Some(&[0.5, 0.25][..]));
/// assert_eq!(history.epoch(), [0, 1]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    epoch: Vec<usize>,
    values: Vec<(String, Vec<f32>)>,
}

impl History {
    /// The values of `key`, one for each epoch.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[f32]> {
        let (_, values) = self.values.iter().find(|(k, _)| k == key)?;
        Some(values)
    }

    /// The value of `key` after the last epoch.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<f32> {
        self.get(key)?.last().copied()
    }

    /// The keys, in the order in which they were recorded.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(key, _)| key.as_str())
    }

    /// The numbers of the epochs, from `initial_epoch`.
    #[must_use]
    pub fn epoch(&self) -> &[usize] {
        &self.epoch
    }

    /// The values that a checkpoint had.
    pub(super) fn of(epoch: Vec<usize>, values: Vec<(String, Vec<f32>)>) -> Self {
        History { epoch, values }
    }

    /// Adds a value to the last epoch.
    pub(super) fn log(&mut self, key: &str, value: f32) {
        match self.values.iter_mut().find(|(k, _)| k == key) {
            Some((_, values)) => values.push(value),
            None => self.values.push((key.to_owned(), [value].to_vec())),
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
