//! What serialised objects look like.

use kseq_catalogue::{INSTEAD, absent};
use serde_json::Value;

use crate::translate::class_of;

/// The layers of a Sequential: its config is a list, or has one.
pub fn layers_of(model: &Value) -> Option<Vec<Value>> {
    let config = model.get("config")?;
    let layers = match config {
        Value::Array(layers) => Some(layers),
        config => config.get("layers")?.as_array(),
    };
    layers.cloned()
}

/// A number that Keras serialised as an array or a tensor.
pub fn plain(value: &Value) -> Option<&Value> {
    let map = value.as_object()?;
    let class = class_of(value);
    match (map.get("type"), class) {
        (Some(_), None) => map.get("value"),
        (_, Some("__tensor__" | "__numpy__")) => value.pointer("/config/value"),
        _ => None,
    }
}

/// A reason of the translator's, and why kseq has no such layer.
pub fn said(why: String, object: &Value) -> String {
    let Some(class) = why.strip_prefix("no layer ") else {
        let of = class_of(object).map(|class| format!("{class}: "));
        return match of.and_then(|of| why.strip_prefix(&of).map(str::to_owned)) {
            Some(why) => why,
            None => why,
        };
    };
    if let Some(other) = INSTEAD.iter().find(|other| other.name == class) {
        return format!("kseq has no `{class}`; write {}{}", other.here, other.says);
    }
    match absent("layers", class) {
        Some(why) => format!(
            "kseq has no `{class}`: it {}",
            why.trim_start_matches("it ")
        ),
        None => format!(
            "kseq has no layer `{class}`\n  help: a layer of a program's own is one here, too: see `examples/own_layer.rs`"
        ),
    }
}
