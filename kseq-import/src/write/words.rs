//! A config in the words of Keras 3, and in those that Keras 2 understands as well.

use serde_json::{Map, Value, json};

use super::places::{class, name};
use crate::error::{Refusal, Refusals};

/// The version of Keras in whose words files are written.
pub(super) const KERAS: &str = "3.15.1";

/// Layers of kseq that a `Sequential` of Keras 3 cannot have, and why.
const ABSENT: &[(&str, &str)] = &[
    ("LocallyConnected1D", "Keras 3 has no such layer"),
    ("LocallyConnected2D", "Keras 3 has no such layer"),
    (
        "ThresholdedReLU",
        "Keras 3 has no such layer; `ReLU(threshold = 1.0)` is the same but at the threshold itself",
    ),
    (
        "MultiHeadAttention",
        "in Keras it takes two inputs, which a Sequential does not give",
    ),
    (
        "Residual",
        "in Keras it is no layer, but a model with branches",
    ),
];

/// Arguments of layers, likewise.
const ABSENT_ARGUMENTS: &[(&str, &str)] = &[
    ("BatchNormalization", "renorm"),
    ("BatchNormalization", "renorm_clipping"),
    ("BatchNormalization", "renorm_momentum"),
];

/// Everything of a model that a `Sequential` of Keras 3 does not have.
#[must_use]
pub fn absent(model: &Value) -> Refusals {
    each(model, |layer, refuse| find(layer, refuse))
}

/// What Keras 3.15 forgets when it loads a whole model from HDF5, without a word: axes that are several.
pub(super) fn lost_in_h5(model: &Value) -> Refusals {
    each(model, |layer, refuse| {
        let axis = layer.pointer("/config/axis").and_then(Value::as_array);
        if axis.is_some_and(|axes| axes.len() > 1) {
            let what = "Keras 3 loads an `axis` of several from `.h5` as if it were not there: save as `.keras`";
            refuse(what.to_owned());
        }
    })
}

/// What is wrong with each layer of a model.
fn each(model: &Value, look: impl Fn(&Value, &mut dyn FnMut(String))) -> Refusals {
    let mut refused = Vec::new();
    let layers = model.pointer("/config/layers").and_then(Value::as_array);
    for (i, layer) in layers.into_iter().flatten().enumerate() {
        let place = format!("layer {i} `{}` ({})", name(layer), class(layer));
        look(layer, &mut |what| refused.push(Refusal::new(&place, what)));
    }
    Refusals(refused)
}

fn find(value: &Value, refuse: &mut dyn FnMut(String)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| find(value, refuse)),
        Value::Object(fields) => {
            let class = class(value);
            if let Some((_, why)) = ABSENT.iter().find(|(absent, _)| *absent == class) {
                refuse(format!("`{class}` cannot be said in Keras 3: {why}"));
            }
            for (of, argument) in ABSENT_ARGUMENTS {
                let given = value.pointer(&format!("/config/{argument}"));
                if *of == class && given.is_some() {
                    refuse(format!("Keras 3's `{class}` has no argument `{argument}`"));
                }
            }
            for (key, value) in fields {
                if key == "activation" && value == "hard_sigmoid_keras2" {
                    refuse("Keras 3 has no activation `hard_sigmoid_keras2`; its `hard_sigmoid` is another function".to_owned());
                }
                find(value, refuse);
            }
        }
        _ => {}
    }
}

/// In the words of Keras 3.
pub(super) fn modern(value: Value) -> Value {
    modern_in("layer", value)
}

/// What stands behind a key: it says to which module an object belongs.
fn modern_in(key: &str, value: Value) -> Value {
    match value {
        Value::Array(values) => values
            .into_iter()
            .map(|value| modern_in(key, value))
            .collect(),
        Value::Object(fields) => {
            let object = fields.contains_key("class_name") && fields.contains_key("config");
            let class = fields.get("class_name").and_then(Value::as_str);
            let class = class.unwrap_or_default().to_owned();
            let within = |(k, value): (String, Value)| {
                let value = match k.as_str() {
                    "config" => modern_in(key, value),
                    _ => modern_in(&k, value),
                };
                (k, value)
            };
            let mut fields: Map<String, Value> = fields.into_iter().map(within).collect();
            if object {
                let module = module(key, &class);
                fields.insert("module".to_owned(), module.into());
                fields.insert("registered_name".to_owned(), Value::Null);
                if let (true, Some(config)) = (
                    is_layer(module),
                    fields.get_mut("config").and_then(Value::as_object_mut),
                ) {
                    config.insert("dtype".to_owned(), dtype());
                }
            }
            Value::Object(fields)
        }
        other => other,
    }
}

fn is_layer(module: &str) -> bool {
    matches!(module, "keras" | "keras.layers")
}

fn dtype() -> Value {
    json!({
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": { "name": "float32" },
        "registered_name": null,
    })
}

/// Where Keras has a class.
fn module(key: &str, class: &str) -> &'static str {
    let is = |ending: &str| key.ends_with(ending);
    match key {
        _ if is("_initializer") => "keras.initializers",
        _ if is("_regularizer") => "keras.regularizers",
        _ if is("_constraint") => "keras.constraints",
        "optimizer" => "keras.optimizers",
        "learning_rate" => "keras.optimizers.schedules",
        "loss" | "fn" => "keras.losses",
        "metrics" | "weighted_metrics" => "keras.metrics",
        _ if class == "Sequential" => "keras",
        _ => "keras.layers",
    }
}

/// In the words that Keras 2 understands as well as Keras 3.
pub(super) fn of_both(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(of_both).collect(),
        Value::Object(fields) => {
            let class = fields.get("class_name").and_then(Value::as_str);
            let class = class.unwrap_or_default().to_owned();
            let within = |(key, value): (String, Value)| {
                let mut value = of_both(value);
                // Keras 3 asks an object within an object where it is from.
                let asks = key.ends_with("layer")
                    || matches!(key.as_str(), "activation" | "learning_rate");
                if let (true, Some(layer)) = (asks, value.as_object_mut()) {
                    let class = layer.get("class_name").and_then(Value::as_str);
                    let module = module(&key, class.unwrap_or_default());
                    layer.insert("module".to_owned(), module.into());
                    layer.insert("registered_name".to_owned(), Value::Null);
                }
                (key, value)
            };
            let mut fields: Map<String, Value> = fields.into_iter().map(within).collect();
            if let Some(config) = fields.get_mut("config").and_then(Value::as_object_mut) {
                let mut rename = |from: &str, to: &str| {
                    if let Some(value) = config.remove(from) {
                        config.insert(to.to_owned(), value);
                    }
                };
                match class.as_str() {
                    "InputLayer" => rename("batch_shape", "batch_input_shape"),
                    "LeakyReLU" => rename("negative_slope", "alpha"),
                    // Keras 2 has another default.
                    class if class.starts_with("ConvLSTM") => {
                        let gates = config.entry("recurrent_activation");
                        gates.or_insert("sigmoid".into());
                    }
                    _ => {}
                }
            }
            Value::Object(fields)
        }
        other => other,
    }
}
