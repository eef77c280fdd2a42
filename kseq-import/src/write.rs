//! Files of Keras out: `.keras`, whole-model `.h5`, the text of `to_json`; and NumPy's `.npz`.
//!
//! What is written is a [`File`] as kseq has it: the config in Keras 3's words, each layer and each object of it
//! `{"class_name": .., "config": ..}`; in `training` Keras 3's `compile_config`; the arrays of a layer under kseq's names.

mod archive;
mod hdf5;
mod npz;
mod places;
mod words;

use serde_json::{Value, json};

use crate::error::{Refusal, Refusals};
use crate::file::File;

use archive::zip;
use words::KERAS;

pub use npz::npz;
pub use words::absent;

/// A `.keras`.
///
/// # Errors
/// Layers that Keras does not have.
pub fn keras(file: &File) -> Result<Vec<u8>, Refusals> {
    let config = model(file)?;
    let weights = hdf5::weights(&config, &file.groups)?;
    let mut config = words::modern(config);
    let training = file.training.clone().map(words::modern);
    if let (Some(fields), Some(training)) = (config.as_object_mut(), training) {
        fields.insert("compile_config".to_owned(), training);
    }
    let metadata = json!({ "keras_version": KERAS, "date_saved": "1980-01-01@00:00:00" });
    zip(&[
        ("metadata.json", metadata.to_string().as_bytes()),
        ("config.json", config.to_string().as_bytes()),
        ("model.weights.h5", &weights),
    ])
    .map_err(|why| Refusal::new("the archive", why).into())
}

/// A whole model as HDF5, in words that Keras 2 and 3 understand.
///
/// # Errors
/// Layers that Keras does not have, and those that Keras 3 does not load from such a file as they were.
pub fn h5(file: &File) -> Result<Vec<u8>, Refusals> {
    let config = model(file)?;
    match words::lost_in_h5(&config) {
        refused if refused.0.is_empty() => hdf5::model(config, file),
        refused => Err(refused),
    }
}

/// The text of `model.to_json()`.
///
/// # Errors
/// Layers that Keras does not have.
pub fn json(file: &File) -> Result<String, Refusals> {
    Ok(words::modern(model(file)?).to_string())
}

/// The config, of layers that Keras has.
fn model(file: &File) -> Result<Value, Refusals> {
    let Some(config) = &file.config else {
        return Err(Refusal::new("the model", "expected a config, found none").into());
    };
    match absent(config) {
        refused if refused.0.is_empty() => Ok(config.clone()),
        refused => Err(refused),
    }
}
