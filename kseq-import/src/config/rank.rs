//! How many axes a batch has behind each layer: an axis that is counted from the front is written `-1` if it is the last.

use serde_json::Value;

use super::named::Named;
use crate::translate::{class_of, config_of};

/// Writes the last axis of normalizations as `-1`, also in the layers of a model in the model.
pub fn axes(layers: &mut [Named], input: &[Option<usize>]) {
    let mut rank = Some(input.len() + 1);
    for layer in layers {
        rank = through(&mut layer.object, rank);
    }
}

fn through(object: &mut Value, mut rank: Option<usize>) -> Option<usize> {
    if let Some(Value::Array(layers)) = object.pointer_mut("/config/layers") {
        for layer in layers {
            rank = through(layer, rank);
        }
        return rank;
    }
    let rank = rank?;
    if let Some(axis) = object.pointer_mut("/config/axis")
        && axis.as_u64() == Some(rank as u64 - 1)
    {
        *axis = Value::from(-1);
    }
    behind(object, rank)
}

/// The axes of a batch behind a layer, if its class tells them.
fn behind(object: &Value, rank: usize) -> Option<usize> {
    let class = class_of(object)?;
    let config = config_of(object);
    let is_on = |key: &str| config.get(key) == Some(&Value::Bool(true));
    let row = kseq_catalogue::layer(class)?;
    match class {
        _ if row.keeps_shape => Some(rank),
        "Dense" => Some(rank),
        "Flatten" => Some(2),
        "RepeatVector" => Some(3),
        "Embedding" => Some(rank + 1),
        "LSTM" | "GRU" | "SimpleRNN" if is_on("return_sequences") => Some(3),
        "LSTM" | "GRU" | "SimpleRNN" => Some(2),
        "Reshape" => Some(config.get("target_shape")?.as_array()?.len() + 1),
        _ if class.starts_with("Global") && !is_on("keepdims") => Some(2),
        // What works on images gives images.
        _ if class.ends_with("1D") || class.ends_with("2D") || class.ends_with("3D") => Some(rank),
        _ if class.ends_with("Transpose") || class == "Permute" => Some(rank),
        _ => None,
    }
}
