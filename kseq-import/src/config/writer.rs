//! Which Keras wrote a file: it decides what a word means.

use serde_json::Value;

use crate::file::File;

/// The writer of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// 1, 2 (also as `tf.keras`) or 3.
    pub major: u32,
    /// As the file says it: `2.2.4-tf`.
    pub version: Option<String>,
}

/// Arguments that only Keras 1 has.
const OF_KERAS_1: &[&str] = &[
    "nb_filter",
    "border_mode",
    "dim_ordering",
    "inner_activation",
    "W_regularizer",
    "W_constraint",
    "pool_length",
    "input_dtype",
];

/// What only Keras 3 writes.
const OF_KERAS_3: &[&str] = &["registered_name", "module", "batch_shape", "build_config"];

impl Writer {
    /// By what the file says; if it says nothing, by its words.
    #[must_use]
    pub fn of(file: &File) -> Writer {
        let version = file.keras_version.clone();
        let said = version.as_deref().and_then(|version| {
            let major = version.split('.').next()?;
            major.parse().ok()
        });
        let major = said.unwrap_or_else(|| match &file.config {
            Some(config) if has_key(config, OF_KERAS_1) => 1,
            Some(config) if has_key(config, OF_KERAS_3) => 3,
            _ => 2,
        });
        Writer { major, version }
    }
}

/// Whether one of the keys is anywhere in it.
fn has_key(value: &Value, keys: &[&str]) -> bool {
    match value {
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| keys.contains(&key.as_str()) || has_key(value, keys)),
        Value::Array(list) => list.iter().any(|value| has_key(value, keys)),
        _ => false,
    }
}
