//! A file as a model with its weights.

use std::path::Path;

use kseq_catalogue::Counter;
use kseq_safetensors::{Entry, Values, write};
use serde_json::Value;

use crate::array::Array;
use crate::config::{Model, with_input};
use crate::error::Refusals;
use crate::file::File;
use crate::read::read;
use crate::translate::class_of;
use crate::weights::{Wanted, WantedArray, fit};

/// A model, and its weights in kseq's names and shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The layers.
    pub model: Model,
    /// For each of them its arrays: `kernel`, `bias`; none at all if the file has none.
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
    of_file(&read(path)?, shape)
}

/// The same of a file that is read.
///
/// # Errors
/// kseq cannot say what it says: everything at once.
pub fn of_file(file: &File, shape: Option<Vec<Option<usize>>>) -> Result<Imported, Refusals> {
    let model = with_input(file, shape)?;
    // The text of `to_json` has no weights.
    if file.groups.is_empty() {
        let weights = Vec::new();
        return Ok(Imported { model, weights });
    }
    let wanted: Vec<Wanted> = model
        .layers
        .iter()
        .map(|layer| wanted(&layer.object))
        .collect();
    let mut weights = fit(file, &wanted)?;
    for (layer, arrays) in wanted.iter().zip(&mut weights) {
        named_within(layer, arrays);
    }
    Ok(Imported { model, weights })
}

/// What a layer has; cells in a list are layers one behind the other.
fn wanted(object: &Value) -> Wanted {
    let mut wanted = Wanted::of(object);
    let cells = object.pointer("/config/cell/config/cells");
    let mut counter = Counter::default();
    for cell in cells.and_then(Value::as_array).into_iter().flatten() {
        let class = class_of(cell).unwrap_or_default().trim_end_matches("Cell");
        let mut layer = cell.clone();
        if let Some(of_layer) = layer.get_mut("class_name") {
            *of_layer = Value::from(class);
        }
        let name = counter.next(class);
        let arrays = Wanted::of(&layer).arrays.into_iter();
        wanted.arrays.extend(arrays.map(|array| WantedArray {
            name: format!("{name}.{}", array.name),
            ..array
        }));
    }
    wanted
}

/// The layers of a model in the model are called by kseq: `dense_1.kernel`.
fn named_within(layer: &Wanted, mut arrays: &mut [Array]) {
    let mut counter = Counter::default();
    for inner in &layer.inside {
        let name = counter.next(&inner.class);
        let (own, rest) = arrays.split_at_mut(inner.count().min(arrays.len()));
        let before = format!("{}.", inner.name);
        for array in &mut *own {
            let within = array.name.strip_prefix(&before);
            array.name = within.unwrap_or(&array.name).to_owned();
        }
        named_within(inner, own);
        for array in own {
            array.name = format!("{name}.{}", array.name);
        }
        arrays = rest;
    }
}

impl Imported {
    /// The weights as kseq saves them.
    #[must_use]
    pub fn safetensors(&self) -> Vec<u8> {
        let layers = self.model.layers.iter().zip(&self.weights);
        let entries = layers.flat_map(|(layer, arrays)| {
            arrays.iter().map(|array| Entry {
                name: format!("{}.{}", layer.name, array.name),
                shape: array.shape.clone(),
                values: Values::F32(&array.values),
            })
        });
        let mut bytes = Vec::new();
        // A `Vec` takes whatever is written.
        let _ = write(&mut bytes, &[("format", "kseq weights")], entries.collect());
        bytes
    }
}
