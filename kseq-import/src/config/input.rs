//! What a model takes: by an input layer, by its first layer, or by its first kernel.

use serde_json::Value;

use super::named::Named;
use crate::array::Group;
use crate::error::Refusal;
use crate::translate::{class_of, config_of};

/// The axes of a sample, at most.
const MAX_RANK: usize = 4;

/// The shape of a sample.
type Sample = Vec<Option<usize>>;

/// Takes the input layers off; the size of a batch, and the shape of a sample if it is said anywhere.
pub fn take(
    layers: &mut Vec<Value>,
    model: &Value,
    given: Option<Sample>,
) -> Result<(Option<usize>, Option<Sample>), Refusal> {
    let is_input = |layer: &Value| class_of(layer) == Some("InputLayer");
    let input = layers.iter().find(|layer| is_input(layer)).cloned();
    layers.retain(|layer| !is_input(layer));
    let first = layers.first();
    let said = input.as_ref().and_then(of_layer);
    let said = said.or_else(|| first.and_then(of_layer));
    let built = || model.pointer("/config/build_input_shape");
    let built_first = || first?.pointer("/build_config/input_shape");
    let said = said.or_else(|| built().or_else(built_first).cloned());
    let axes = said.as_ref().and_then(Value::as_array);
    let Some((batch, sample)) = axes.and_then(|axes| axes.split_first()) else {
        return Ok((None, given.or_else(|| first.and_then(by_arguments))));
    };
    let batch = size(batch).ok().flatten();
    if given.is_some() {
        return Ok((batch, given));
    }
    let sample: Result<Sample, String> = sample.iter().map(size).collect();
    match sample {
        Ok(sample) if sample.is_empty() => Err(Refusal::new(
            "the input",
            "is a number for each sample; a sample has at least one axis",
        )),
        Ok(sample) => Ok((batch, Some(sample))),
        Err(what) => Err(Refusal::new("the input", what)),
    }
}

fn size(value: &Value) -> Result<Option<usize>, String> {
    match value {
        Value::Null => Ok(None),
        value => match value.as_u64().and_then(|size| usize::try_from(size).ok()) {
            Some(size) if size > 0 => Ok(Some(size)),
            _ => Err(format!("has an axis of the size {value}")),
        },
    }
}

/// What a layer says of the shape of a batch; also the first of a model that is the first layer.
fn of_layer(layer: &Value) -> Option<Value> {
    let config = config_of(layer);
    let said = ["batch_shape", "batch_input_shape"].into_iter();
    let mut said = said.filter_map(|key| config.get(key).filter(|shape| shape.is_array()));
    let inner = || {
        let layers = super::objects::layers_of(layer)?;
        of_layer(layers.first()?)
    };
    said.next().cloned().or_else(inner)
}

/// Keras 1's `input_dim` and `input_length`.
fn by_arguments(layer: &Value) -> Option<Sample> {
    let config = config_of(layer);
    let number = |key: &str| size(config.get(key)?).ok().flatten();
    match class_of(layer) {
        Some("Embedding") => Some(vec![number("input_length")]),
        Some("Dense") => Some(vec![Some(number("input_dim")?)]),
        _ => Some(vec![number("input_length"), Some(number("input_dim")?)]),
    }
}

/// The shape of a sample by the first kernel: all that a layer needs, with `None` for the rest.
pub fn of_kernel(layers: &[Named], groups: &[Group]) -> Result<Sample, Refusal> {
    const HELP: &str = "help: build it in Python before it is saved, `model.build((None, 28, 28, 1))`; or say the shape of a \
                        sample: `cargo kseq import model.h5 --input-shape 28,28,1`";
    let refused = |what: String| Refusal::new("the input", format!("{what}\n  {HELP}"));
    let known = layers.iter().find(|layer| !keeps_shape(layer));
    let Some(layer) = known else {
        return Err(refused("its shape is not in the file".to_owned()));
    };
    let features = features(layer, layers, groups);
    let class = layer.class();
    let before = match class {
        "Embedding" => return Ok(vec![None]),
        "Dense" | "BatchNormalization" => 0,
        "LSTM" | "GRU" | "SimpleRNN" | "Bidirectional" | "TimeDistributed" | "RNN" => 1,
        class if class.contains("Conv1D") => 1,
        class if class.contains("Conv2D") => 2,
        _ => {
            let place = layer.place();
            return Err(refused(format!(
                "its shape is not in the file, and {place} does not tell it"
            )));
        }
    };
    let Some(features) = features else {
        let place = layer.place();
        return Err(refused(format!(
            "its shape is not in the file, and no kernel of {place} tells it"
        )));
    };
    let mut sample = vec![None; before];
    sample.push(Some(features));
    let needs_all = layers.iter().find(|layer| layer.class() == "Flatten");
    match needs_all.filter(|_| before > 0) {
        Some(flatten) => Err(refused(format!(
            "its shape is not in the file; the kernel of {} tells the last axis alone, and {} needs all",
            layer.place(),
            flatten.place()
        ))),
        None => Ok(sample),
    }
}

/// The size of the last axis where the file leaves it open, by the first kernel.
pub fn with_features(mut sample: Sample, layers: &[Named], groups: &[Group]) -> Sample {
    let known = layers.iter().find(|layer| !keeps_shape(layer));
    let is_embedding = known.is_some_and(|layer| layer.class() == "Embedding");
    if let (Some(last @ None), Some(layer), false) = (sample.last_mut(), known, is_embedding) {
        *last = features(layer, layers, groups);
    }
    sample
}

fn keeps_shape(layer: &Named) -> bool {
    let row = kseq_catalogue::layer(layer.class());
    row.is_some_and(|row| row.keeps_shape && row.class != "BatchNormalization")
}

/// How many numbers come into a layer at each place, by its kernel.
fn features(layer: &Named, layers: &[Named], groups: &[Group]) -> Option<usize> {
    let is_first = |other: &&Named| !keeps_shape(other);
    let is_it = layers
        .iter()
        .find(is_first)
        .is_some_and(|first| first.number == layer.number);
    let with_arrays = || groups.iter().find(|group| !group.arrays.is_empty());
    let group = layer
        .arrays(groups)
        .filter(|group| !group.arrays.is_empty())
        .or_else(|| with_arrays().filter(|_| is_it))?;
    let shape = &group.arrays.first()?.shape;
    match layer.class() {
        "BatchNormalization" => shape.last().copied(),
        "Conv1D" | "Conv2D" | "Conv3D" => {
            let groups = layer.object.pointer("/config/groups");
            let groups = groups.and_then(Value::as_u64).unwrap_or(1);
            let groups = usize::try_from(groups).ok()?;
            let axis = shape.len().checked_sub(2)?;
            shape.get(axis)?.checked_mul(groups)
        }
        _ => shape
            .len()
            .checked_sub(2)
            .and_then(|axis| shape.get(axis))
            .copied(),
    }
}

/// What is no sample of kseq: axes of any length come first, and the last one is known but of tokens.
pub fn no_sample(sample: &[Option<usize>], layers: &[Named]) -> Option<Refusal> {
    const HELP: &str =
        "help: say the shape of a sample: `cargo kseq import model.h5 --input-shape 28,28,1`";
    let shape = shown(sample);
    let known = sample.iter().position(Option::is_some);
    let is_odd = known.is_some_and(|at| sample.iter().skip(at).any(Option::is_none));
    let is_embedded = layers.iter().any(|layer| layer.class() == "Embedding");
    let what = if sample.len() > MAX_RANK {
        format!("its shape is {shape}; a sample has at most {MAX_RANK} axes here")
    } else if is_odd {
        format!("its shape is {shape}; the axes of any length, `None`, come first here\n  {HELP}")
    } else if !sample.is_empty() && known.is_none() && !is_embedded {
        format!(
            "its shape is {shape}; how many numbers there are at each place must be known\n  {HELP}"
        )
    } else {
        return None;
    };
    Some(Refusal::new("the input", what))
}

/// `(None, 16)`
pub fn shown(sample: &[Option<usize>]) -> String {
    let size = |size: &Option<usize>| size.map_or_else(|| "None".to_owned(), |n| n.to_string());
    let sizes: Vec<String> = sample.iter().map(size).collect();
    crate::translate::tuple(&sizes)
}
