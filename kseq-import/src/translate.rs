//! From a serialised Keras layer (JSON) to a call of a `sequential!` layer list.
//!
//! The order of the arguments and the main name of a class are those of the catalogue. A config key is the argument of
//! that name. The importer writes the calls as a person would ([`source`](crate::source)), the golden suite as they are.

use kseq_catalogue::{
    ACTIVITY, CONSTRAINTS, Kind, LayerRow, ObjectFamily, Param, REGULARIZERS, activation_names,
    camel,
};
use serde_json::{Map, Value};

mod call;
mod text;

pub use call::{Arg, Call, Written, class_of, config_of};
pub(crate) use text::tuple;

use call::inner;
use text::{refusal, text};

/// Keys of a config that say nothing about what the layer computes from given weights. (Its input is the case's.)
const SILENT: &[&str] = &[
    "name",
    "trainable",
    "dtype",
    "seed",
    "quantization_config",
    "lora_rank",
    "lora_alpha",
    "registered_name",
    "vocabulary_size",
    "build_config",
    "batch_input_shape",
    "batch_shape",
    "batch_size",
    "input_shape",
    "input_dtype",
];

/// One layer, `{"class_name": .., "config": {..}}`, as `#[insist] Dense(units = 7, activation = "softmax")`; an error says what of it
/// is not supported.
pub fn layer(layer: &Value) -> Result<String, String> {
    let call = call(layer).map_err(|why| why.join("; "))?;
    Ok(inner(&call))
}

/// The same with its arguments apart, or everything that is not supported.
///
/// Whatever is not a word of the catalogue is an error here: as tokens it would be a name of the caller's program.
pub fn call(layer: &Value) -> Result<Call, Vec<String>> {
    let class = class_of(layer).ok_or_else(|| vec!["a layer without class_name".to_owned()])?;
    let row = kseq_catalogue::layer(class).or_else(|| kseq_catalogue::cell(class));
    let row = row.ok_or_else(|| vec![format!("no layer {class}")])?;
    let mut config = config_of(layer);
    // Of intervals that have been learned Keras says both.
    if config.get("bin_boundaries").is_some_and(Value::is_array) {
        config.remove("num_bins");
    }
    let (mut args, mut refused) = (Vec::new(), Vec::new());
    refused.extend(computes_in_f32(class, &config).err());
    refused.extend(is_around_recurrent(class, &config).err());
    let mut push = |param: &'static Param, value: &Value| match argument(param, value) {
        Ok(value) => args.extend(value.map(|value| Arg {
            name: param.name,
            param: Some(param),
            value,
        })),
        Err(why) => refused.extend(why.into_iter().map(|why| format!("{class}: {why}"))),
    };
    // Those of the row in its order, then the others.
    let spoken = |param: &&Param| !SILENT.contains(&param.name);
    for param in row.params.iter().filter(spoken) {
        if let Some(value) = config.get(param.name) {
            push(param, value);
        }
    }
    let mut unknown = Vec::new();
    for (key, value) in &config {
        let is_known = row.param(key).is_some() || SILENT.contains(&key.as_str());
        // Of a model, what its layers say.
        let is_known = is_known || class == "Sequential" && key == "build_input_shape";
        // Keras 2 had a length for an Embedding.
        if is_known || value.is_null() || key == "input_length" {
            continue;
        }
        match key == ACTIVITY.name {
            true => push(&ACTIVITY, value),
            false => unknown.push(format!("{class}: no argument {key} = {value}")),
        }
    }
    refused.extend(unknown);
    if config.get("trainable") == Some(&Value::Bool(false)) {
        args.push(Arg {
            name: "trainable",
            param: None,
            value: Written::Text("false".to_owned()),
        });
    }
    match refused.is_empty() {
        true => Ok(Call {
            class: row.class.to_owned(),
            args,
            insists: ends_with_softmax(layer),
        }),
        false => Err(refused),
    }
}

/// A constraint or a regularizer, `{"class_name": .., "config": {..}}`, as `MaxNorm(max_value = 2.0)`.
pub fn object(family: &ObjectFamily, value: &Value) -> Result<Call, String> {
    let class = match value {
        Value::String(name) => name,
        _ => class_of(value).ok_or_else(|| format!("a {} without class_name", family.what))?,
    };
    let row = family
        .find(|name| name == class || camel(name) == class)
        .ok_or_else(|| format!("no {} {class}", family.what))?;
    let mut args = Vec::new();
    for (key, value) in &config_of(value) {
        let param = row.params.iter().find(|param| param.name == key);
        let param = param.ok_or_else(|| format!("{class}: no argument {key}"))?;
        let value = argument(param, value);
        let value = value.map_err(|why| format!("{class}: {}", why.join("; ")))?;
        args.extend(value.map(|value| Arg {
            name: param.name,
            param: Some(param),
            value,
        }));
    }
    Ok(Call {
        class: camel(row.name),
        args,
        insists: false,
    })
}

/// Layers whose dtype is that of classes.
const INTEGERS: &[&str] = &["CategoryEncoding", "Discretization", "IntegerLookup"];

/// Refuses a layer with another dtype or policy than `float32`.
fn computes_in_f32(class: &str, config: &Map<String, Value>) -> Result<(), String> {
    let name = match config.get("dtype") {
        None | Some(Value::Null) => return Ok(()),
        Some(policy @ Value::Object(_)) => config_of(policy).get("name").cloned(),
        Some(name) => Some(name.clone()),
    };
    match name.as_ref().and_then(Value::as_str) {
        Some("float32") => Ok(()),
        // What it counts comes out as numbers.
        Some("int32" | "int64") if INTEGERS.contains(&class) => Ok(()),
        _ => Err(format!("{class}: dtype {}", name.unwrap_or_default())),
    }
}

/// Refuses a `Bidirectional` of another layer than one that reads a sequence, as the macro does.
fn is_around_recurrent(class: &str, config: &Map<String, Value>) -> Result<(), String> {
    let inner = ["layer", "backward_layer"].into_iter();
    let mut inner = inner.filter_map(|key| class_of(config.get(key)?));
    let is_other = |inner: &&str| !kseq_catalogue::layer(inner).is_some_and(LayerRow::is_recurrent);
    match inner.find(is_other).filter(|_| class == "Bidirectional") {
        Some(inner) => Err(format!(
            "{class}: it is around a recurrent layer, found {inner}"
        )),
        None => Ok(()),
    }
}

/// Whether a layer, or the layer in a wrapper, ends with a softmax.
fn ends_with_softmax(layer: &Value) -> bool {
    let row = class_of(layer).and_then(kseq_catalogue::layer);
    if row.is_some_and(|row| row.class == "Softmax") {
        return config_of(layer).get("axis").and_then(Value::as_i64) == Some(-1);
    }
    let Some(param) = row.and_then(|row| row.param(row.ends_with?)) else {
        return false;
    };
    let config = config_of(layer);
    match (param.kind, config.get(param.name)) {
        (Kind::Layer, Some(inner)) => ends_with_softmax(inner),
        (Kind::Layers, Some(Value::Array(layers))) => layers.last().is_some_and(ends_with_softmax),
        (_, Some(word)) if class_of(word) == Some("Softmax") => ends_with_softmax(word),
        (_, Some(word)) => activation(param.name, word)
            .is_ok_and(|word| word == Written::Text("\"softmax\"".to_owned())),
        (_, None) => false,
    }
}

/// The value of an argument as Rust; nothing if it is the default, or does not matter with given weights. An error is
/// everything that is not supported.
fn argument(param: &Param, value: &Value) -> Result<Option<Written>, Vec<String>> {
    let name = param.name;
    if param.kind == Kind::Initializer {
        return Ok(None);
    }
    if value.is_null() {
        let linear = || Written::Text("\"linear\"".to_owned());
        return Ok((param.kind == Kind::Activation).then(linear));
    }
    match param.kind {
        Kind::Regularizer => Ok(Some(Written::Call(one(object(&REGULARIZERS, value))?))),
        Kind::Constraint => Ok(Some(Written::Call(one(object(&CONSTRAINTS, value))?))),
        Kind::Layer => Ok(Some(Written::Call(call(value)?))),
        Kind::Layers => Ok(Some(Written::List(layers(value)?))),
        Kind::Activation => Ok(Some(one(activation(name, value))?)),
        // (A seed counts in training only.)
        Kind::Seed => Ok(None),
        Kind::Later | Kind::Fixed(_) => {
            let default = param.default.unwrap_or_default().to_lowercase();
            let text = value.to_string();
            match default.split('|').any(|default| text == default) {
                true => Ok(None),
                false => Err(vec![refusal(param, value)]),
            }
        }
        _ => match text(param, value) {
            Some(text) => Ok(Some(Written::Text(text))),
            None => Err(vec![refusal(param, value)]),
        },
    }
}

fn one<T>(result: Result<T, String>) -> Result<T, Vec<String>> {
    result.map_err(|why| vec![why])
}

/// The layers of a list, or what is wrong with all of them.
fn layers(value: &Value) -> Result<Vec<Call>, Vec<String>> {
    let layers = value.as_array().into_iter().flatten();
    let layers = layers.filter(|layer| class_of(layer) != Some("InputLayer"));
    let (mut calls, mut refused) = (Vec::new(), Vec::new());
    for layer in layers {
        match call(layer) {
            Ok(call) => calls.push(call),
            Err(why) => refused.extend(why),
        }
    }
    match refused.is_empty() {
        true => Ok(calls),
        false => Err(refused),
    }
}

/// An activation: a string, or a serialised function or layer.
fn activation(argument: &str, value: &Value) -> Result<Written, String> {
    let row = class_of(value).and_then(kseq_catalogue::layer);
    if row.is_some_and(LayerRow::is_activation) {
        let call = call(value).map_err(|why| why.join("; "))?;
        return Ok(Written::Call(call));
    }
    let name = match (value, class_of(value)) {
        (Value::String(name), _) => Some(name.clone()),
        (_, Some("function")) => value
            .get("config")
            .and_then(Value::as_str)
            .map(str::to_owned),
        _ => None,
    };
    match name {
        Some(name) if name == "glu" || activation_names().any(|known| known == name) => {
            Ok(Written::Text(format!("{name:?}")))
        }
        Some(name) => Err(format!("no activation {name}")),
        None => Err(format!("{argument} = {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_softmax_is_insisted_on() {
        let dense = r#"{"class_name": "Dense", "config": {"units": 1, "activation": "softmax"}}"#;
        let wrapped =
            format!(r#"{{"class_name": "TimeDistributed", "config": {{"layer": {dense}}}}}"#);
        let of = |json: &str| layer(&serde_json::from_str(json).ok()?).ok();
        let text = "Dense(units = 1, activation = \"softmax\")";
        assert_eq!(of(dense), Some(format!("#[insist] {text}")));
        assert_eq!(
            of(&wrapped),
            Some(format!("#[insist] TimeDistributed(layer = {text})"))
        );
    }

    #[test]
    fn a_config_becomes_the_call_that_made_it() {
        let json = r#"{"class_name": "Conv2D", "config": {"name": "c", "filters": 8,
            "kernel_size": [3, 3], "use_bias": false, "activation": "relu", "bias_regularizer": null,
            "kernel_initializer": {"class_name": "Zeros", "config": {}},
            "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.5}}}}"#;
        let call = serde_json::from_str(json).map(|value: Value| layer(&value));
        assert_eq!(
            call.ok().and_then(Result::ok).as_deref(),
            Some(
                "Conv2D(filters = 8, kernel_size = (3, 3), activation = \"relu\", use_bias = false, \
                kernel_regularizer = L2(l2 = 0.5))"
            )
        );
    }
}
