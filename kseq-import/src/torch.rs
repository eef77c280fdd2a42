//! The `state_dict` of a PyTorch model, as safetensors, into the layers that a model in Rust declares.
//!
//! What PyTorch has otherwise: kernels with what comes out in front, an LSTM's two biases (which are added), the gates of a GRU
//! in the order r, z, n, and channels before places, which counts for the kernel behind a `Flatten`.
//!
//! The file keeps no order of the modules but that of their names, numbers as numbers: `0`, `2`, `10`; `conv1`, `conv2`, `fc`. They
//! are given to the layers by name if all layers have a module's name, else in that order; where that order does not fit, by
//! their shapes, if these leave no choice.

use crate::array::Array;
use crate::error::{Refusal, Refusals};
use crate::file::File;
use crate::numbers::transposed;
use crate::weights::Wanted;

mod flattened;
mod modules;

pub use flattened::Step;
use modules::{Module, modules};

/// The arrays for all layers in their order, within a layer as it has them; `input` is the shape of a sample.
///
/// # Errors
/// There are other modules than layers, or an array has another shape: all of a file at once.
pub fn fit(file: &File, input: Vec<usize>, steps: &[Step]) -> Result<Vec<Array>, Refusals> {
    let layers = flattened::with_weights(input, steps);
    let modules = modules(&file.groups);
    if modules.len() != layers.len() {
        let names = |names: Vec<&str>| names.join(", ");
        let what = format!(
            "expected the weights of {} layers ({}), found those of {} modules ({})",
            layers.len(),
            names(
                layers
                    .iter()
                    .map(|(layer, _)| layer.name.as_str())
                    .collect()
            ),
            modules.len(),
            names(modules.iter().map(|module| module.name.as_str()).collect()),
        );
        return Err(Refusal::new("the weights", what).into());
    }
    let by_name: Option<Vec<&Module>> = layers
        .iter()
        .map(|(layer, _)| modules.iter().find(|module| module.is_called(&layer.name)))
        .collect();
    let in_order: Vec<&Module> = modules.iter().collect();
    let chosen = by_name.unwrap_or(in_order);
    let all = |chosen: &[&Module]| {
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        for ((layer, before), module) in layers.iter().zip(chosen) {
            match one(layer, before.as_deref(), module) {
                Ok(arrays) => found.extend(arrays),
                Err(why) => wrong.extend(why),
            }
        }
        match wrong.is_empty() {
            true => Ok(found),
            false => Err(Refusals(wrong)),
        }
    };
    let refused = match all(&chosen) {
        Ok(found) => return Ok(found),
        Err(refused) => refused,
    };
    // The only module that fits each layer.
    let only = layers.iter().map(|(layer, before)| {
        let fits = |module: &&Module| one(layer, before.as_deref(), module).is_ok();
        let mut fitting = modules.iter().filter(fits);
        fitting.next().filter(|_| fitting.next().is_none())
    });
    match only.collect::<Option<Vec<&Module>>>() {
        Some(only) => all(&only).map_err(|_| refused),
        None => Err(refused),
    }
}

/// The arrays of a layer, of a module.
fn one(
    layer: &Wanted,
    before: Option<&[usize]>,
    module: &Module,
) -> Result<Vec<Array>, Vec<Refusal>> {
    let place = format!("layer `{}` ({})", layer.name, layer.class);
    let refused = |name: &str, what: String| {
        let place = format!("{place}, `{name}`");
        Refusal::new(place, what)
    };
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    let mut taken = Vec::new();
    let has_kernel = layer.arrays.iter().any(|array| array.name == "kernel");
    for wanted in &layer.arrays {
        let source = match module.array(layer, wanted) {
            Ok(source) => source,
            Err(what) => {
                wrong.push(refused(&wanted.name, what));
                continue;
            }
        };
        let shape = wanted.shape.as_ref().unwrap_or(&source.array.shape);
        if *shape != source.array.shape {
            let what = format!(
                "expected the shape {shape:?}, found {:?} ({})",
                source.array.shape, source.array.name
            );
            wrong.push(refused(&wanted.name, what));
        }
        taken.extend(source.parts);
        // What a kernel is followed by has an order of its own.
        let is_of_input = wanted.name == "kernel" || source.array.shape.len() == 1 && !has_kernel;
        found.push(places_first(source.array, before.filter(|_| is_of_input)));
    }
    // What is left over is of another kind of layer.
    for (name, array) in &module.arrays {
        if wrong.is_empty() && !taken.contains(name) {
            let what = format!(
                "the module `{}` has `{name}` {:?} too, which the layer does not have",
                module.name, array.shape
            );
            wrong.push(Refusal::new(&place, what));
        }
    }
    match wrong.is_empty() {
        true => Ok(found),
        false => Err(wrong),
    }
}

/// Behind a `Flatten` of `(places.., channels)`: PyTorch's rows lie as `(channels, places..)`.
fn places_first(array: Array, before: Option<&[usize]>) -> Array {
    let Some((channels, places)) = before.and_then(<[usize]>::split_last) else {
        return array;
    };
    // (A place of any length is larger than any array.)
    let places_count = places
        .iter()
        .try_fold(*channels, |n, &place| n.checked_mul(place));
    if array.shape.first().copied() != places_count {
        return array;
    }
    let width: usize = array.shape.iter().skip(1).product();
    let mut shape = vec![*channels];
    shape.extend(places);
    shape.push(width);
    let axes: Vec<usize> = (1..shape.len() - 1).chain([0, shape.len() - 1]).collect();
    Array {
        values: transposed(&shape, &array.values, &axes),
        ..array
    }
}
