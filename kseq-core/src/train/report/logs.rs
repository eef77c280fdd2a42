//! `Logs`: the values of a batch or an epoch.

use std::string::String;

/// The values of a batch or an epoch under Keras's names: `loss`, `accuracy`, `val_loss`, ...
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::train::Logs;
/// let names = ["loss".to_string(), "accuracy".to_string()];
/// let logs = Logs::new(&names, &[0.5, 0.75]);
/// assert_eq!(logs.get("accuracy"), Some(0.75));
/// assert_eq!(logs.iter().next(), Some(("loss", 0.5)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    names: &'a [String],
    values: &'a [f32],
}

impl<'a> Logs<'a> {
    /// The values of these names, as far as there are both.
    #[must_use]
    pub fn new(names: &'a [String], values: &'a [f32]) -> Self {
        Logs { names, values }
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f32> {
        self.iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// Names and values, in the order of `metrics_names`.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, f32)> + use<'a> {
        let names = self.names.iter().map(String::as_str);
        names.zip(self.values.iter().copied())
    }
}
