//! From a serialised Keras layer (JSON) to the text of a `sequential!` layer list.
//!
//! The order of the arguments and the main name of a class are those of the catalogue. A config key is the argument of
//! that name.

use kseq_catalogue::{
    ACTIVITY, CONSTRAINTS, Kind, LayerRow, ObjectFamily, Param, REGULARIZERS, activation_names,
};
use serde_json::{Map, Value};

use crate::names::camel;

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

/// One layer, `{"class_name": .., "config": {..}}`, as `Dense(units = 7, activation = "relu")`; an error says what of it
/// is not supported.
///
/// Whatever is not a word of the catalogue is an error here: as tokens it would be a name of the caller's program. A softmax may be
/// one over one unit, which Keras takes.
pub fn layer(layer: &Value) -> Result<String, String> {
    let insists = if ends_with_softmax(layer) {
        "#[insist] "
    } else {
        ""
    };
    Ok(format!("{insists}{}", call(layer)?))
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
        (_, Some(word)) => activation(param.name, word).is_ok_and(|word| word == "\"softmax\""),
        (_, None) => false,
    }
}

/// The same without an attribute.
fn call(layer: &Value) -> Result<String, String> {
    let class = class_of(layer).ok_or("a layer without class_name")?;
    let row = kseq_catalogue::layer(class).or_else(|| kseq_catalogue::cell(class));
    let row = row.ok_or_else(|| format!("no layer {class}"))?;
    let config = config_of(layer);
    computes_in_f32(class, &config)?;
    let mut args = Vec::new();
    // Those of the row in its order, then the others.
    let spoken = |param: &&Param| !SILENT.contains(&param.name);
    for param in row.params.iter().filter(spoken) {
        if let Some(value) = config.get(param.name) {
            let value = argument(param, value).map_err(|why| format!("{class}: {why}"))?;
            args.extend(value.map(|value| format!("{} = {value}", param.name)));
        }
    }
    for (key, value) in &config {
        let is_known = row.param(key).is_some() || SILENT.contains(&key.as_str());
        // Of a model, what its layers say.
        let is_known = is_known || class == "Sequential" && key == "build_input_shape";
        // Keras 2 had a length for an Embedding.
        if is_known || value.is_null() || key == "input_length" {
            continue;
        }
        if key != ACTIVITY.name {
            return Err(format!("{class}: no argument {key}"));
        }
        let value = argument(&ACTIVITY, value).map_err(|why| format!("{class}: {why}"))?;
        args.extend(value.map(|value| format!("{key} = {value}")));
    }
    if config.get("trainable") == Some(&Value::Bool(false)) {
        args.push("trainable = false".to_owned());
    }
    Ok(format!("{}({})", row.class, args.join(", ")))
}

/// A constraint or a regularizer, `{"class_name": .., "config": {..}}`, as `MaxNorm(max_value = 2.0)`.
pub fn object(family: &ObjectFamily, value: &Value) -> Result<String, String> {
    let class = match value {
        Value::String(name) => name,
        _ => class_of(value).ok_or_else(|| format!("a {} without class_name", family.what))?,
    };
    let row = family
        .find(|name| name == class || camel(name) == class)
        .ok_or_else(|| format!("no {} {class}", family.what))?;
    let config = config_of(value);
    let mut args = Vec::new();
    for (key, value) in &config {
        let param = row.params.iter().find(|param| param.name == key);
        let param = param.ok_or_else(|| format!("{class}: no argument {key}"))?;
        let value = argument(param, value).map_err(|why| format!("{class}: {why}"))?;
        args.extend(value.map(|value| format!("{key} = {value}")));
    }
    Ok(format!("{}({})", camel(row.name), args.join(", ")))
}

/// The class of a serialised object. (Keras writes a custom one as `package>Class`.)
pub fn class_of(object: &Value) -> Option<&str> {
    match object.get("class_name").and_then(Value::as_str) {
        // What it calls it within itself.
        Some("GroupedQueryAttention") => Some("GroupQueryAttention"),
        class => class,
    }
}

/// The config of a serialised object.
pub fn config_of(object: &Value) -> Map<String, Value> {
    let config = object.get("config").and_then(Value::as_object);
    config.cloned().unwrap_or_default()
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

/// The value of an argument as Rust; nothing if it is the default, or does not matter with given weights.
fn argument(param: &Param, value: &Value) -> Result<Option<String>, String> {
    let name = param.name;
    if param.kind == Kind::Initializer {
        return Ok(None);
    }
    if value.is_null() {
        return Ok((param.kind == Kind::Activation).then(|| "\"linear\"".to_owned()));
    }
    let text = match param.kind {
        Kind::Regularizer => object(&REGULARIZERS, value)?,
        Kind::Constraint => object(&CONSTRAINTS, value)?,
        Kind::Function => return Err(format!("{name} is a function of Python")),
        Kind::Layer => call(value)?,
        Kind::Layers => {
            let layers = value.as_array().into_iter().flatten();
            let layers = layers.filter(|layer| class_of(layer) != Some("InputLayer"));
            let layers: Result<Vec<_>, _> = layers.map(layer).collect();
            format!("[{}]", layers?.join(", "))
        }
        Kind::Activation => activation(name, value)?,
        Kind::Real | Kind::In(_) | Kind::InOrNone(_) => {
            match value.as_f64().map(|value| value as f32) {
                Some(value) if value.is_finite() => format!("{value:?}"),
                _ => return Err(format!("{name} = {value}")),
            }
        }
        Kind::AxesOrNone if value.as_array().is_some_and(Vec::is_empty) => "None".to_owned(),
        // (A seed counts in training only.)
        Kind::Seed => return Ok(None),
        Kind::Several(_) => several(value).ok_or_else(|| format!("{name} = {value}"))?,
        Kind::Dict(_) => {
            let dict = value
                .as_object()
                .ok_or_else(|| format!("{name} = {value}"))?;
            let entries = dict.iter().filter(|(_, value)| !value.is_null());
            let entries: Option<Vec<String>> = entries
                .map(|(key, value)| Some(format!("{key:?}: {:?}", value.as_f64()? as f32)))
                .collect();
            let entries = entries.ok_or_else(|| format!("{name} = {value}"))?;
            format!("{{{}}}", entries.join(", "))
        }
        Kind::Flag => match value {
            Value::Bool(flag) => flag.to_string(),
            _ => return Err(format!("{name} = {value}")),
        },
        Kind::OneOf(numbers) => match value.to_string() {
            number if numbers.contains(&number.as_str()) => number,
            _ => return Err(format!("{name} = {value}")),
        },
        Kind::Later | Kind::Fixed(_) => {
            let default = param.default.unwrap_or_default().to_lowercase();
            let text = value.to_string();
            return match default.split('|').any(|default| text == default) {
                true => Ok(None),
                false => Err(format!("{name} = {value}")),
            };
        }
        Kind::NoiseShape => noise_shape(value).ok_or_else(|| format!("{name} = {value}"))?,
        Kind::Word(words) => match value.as_str() {
            Some(word) if words.known.contains(&word) => format!("{word:?}"),
            _ => return Err(format!("{name} = {value}")),
        },
        _ => whole(value).ok_or_else(|| format!("{name} = {value}"))?,
    };
    Ok(Some(text))
}

/// `(None, 1, None,)`
fn noise_shape(value: &Value) -> Option<String> {
    let size = |value: &Value| match value {
        Value::Null => Some("None".to_owned()),
        size => whole(size),
    };
    let sizes: Option<Vec<_>> = value.as_array()?.iter().map(size).collect();
    Some(format!("({},)", sizes?.join(", ")))
}

/// A number, or a list of what may be lists itself; also as Keras serialises an array.
fn several(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) => {
            let items: Option<Vec<_>> = list.iter().map(several).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Object(_) => several(value.pointer("/config/value")?),
        _ => {
            let number = value.as_f64()? as f32;
            number.is_finite().then(|| format!("{number:?}"))
        }
    }
}

/// A whole number, or a tuple of them.
fn whole(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) => {
            let items: Option<Vec<_>> = list.iter().map(whole).collect();
            Some(format!("({},)", items?.join(", ")))
        }
        // What is larger is larger than any array.
        _ => {
            let number = value.as_f64()?;
            let fits = number == number.trunc() && number.abs() < 1e9;
            fits.then(|| format!("{number:.0}"))
        }
    }
}

/// The name of an activation: a string, or a serialised function or layer.
fn activation(argument: &str, value: &Value) -> Result<String, String> {
    let row = class_of(value).and_then(kseq_catalogue::layer);
    if row.is_some_and(LayerRow::is_activation) {
        return call(value);
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
            Ok(format!("{name:?}"))
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
                "Conv2D(filters = 8, kernel_size = (3, 3,), activation = \"relu\", use_bias = false, \
                kernel_regularizer = L2(l2 = 0.5))"
            )
        );
    }
}
