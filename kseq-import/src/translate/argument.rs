//! The values of arguments.

use kseq_catalogue::{CONSTRAINTS, Kind, LayerRow, Param, REGULARIZERS, activation_names};
use serde_json::Value;

use super::{Call, Written, call, class_of, config_of, object};

/// Whether a layer, or the layer in a wrapper, ends with a softmax.
pub(super) fn ends_with_softmax(layer: &Value) -> bool {
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
pub(super) fn argument(param: &Param, value: &Value) -> Result<Option<Written>, Vec<String>> {
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

/// The value, and what there is instead.
fn refusal(param: &Param, value: &Value) -> String {
    let name = param.name;
    let found = format!("{name} = {value}");
    match param.kind {
        Kind::Function => format!("{name} is a function of Python"),
        Kind::Fixed(why) => format!("{found}: {why}"),
        Kind::Word(words) => format!("{found}, kseq has {}", words.known.join(", ")),
        Kind::OneOf(numbers) => format!("{found}, kseq has {}", numbers.join(", ")),
        Kind::Later => format!(
            "{found}, kseq has {} only",
            param.default.unwrap_or_default()
        ),
        _ => found,
    }
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

/// What is written as it is, if it can be.
fn text(param: &Param, value: &Value) -> Option<String> {
    match param.kind {
        Kind::Real | Kind::In(_) | Kind::InOrNone(_) => {
            let value = value.as_f64()? as f32;
            value.is_finite().then(|| format!("{value:?}"))
        }
        Kind::AxesOrNone if value.as_array().is_some_and(Vec::is_empty) => Some("None".to_owned()),
        Kind::Several(_) => several(value),
        Kind::Dict(_) => {
            let entries = value.as_object()?.iter();
            let entries = entries.filter(|(_, value)| !value.is_null());
            let entries: Option<Vec<String>> = entries
                .map(|(key, value)| Some(format!("{key:?}: {:?}", value.as_f64()? as f32)))
                .collect();
            Some(format!("{{{}}}", entries?.join(", ")))
        }
        Kind::Flag => value.as_bool().map(|flag| flag.to_string()),
        Kind::OneOf(numbers) => {
            let number = value.to_string();
            numbers.contains(&number.as_str()).then_some(number)
        }
        Kind::NoiseShape => noise_shape(value),
        Kind::Word(words) => {
            let word = value.as_str()?;
            words.known.contains(&word).then(|| format!("{word:?}"))
        }
        Kind::Function => None,
        _ => whole(value),
    }
}

/// `(None, 1, None)`
fn noise_shape(value: &Value) -> Option<String> {
    let size = |value: &Value| match value {
        Value::Null => Some("None".to_owned()),
        size => whole(size),
    };
    let sizes: Option<Vec<_>> = value.as_array()?.iter().map(size).collect();
    Some(tuple(&sizes?))
}

/// A tuple of Rust, which has a comma behind a single element.
pub(crate) fn tuple(items: &[String]) -> String {
    match items {
        [item] => format!("({item},)"),
        items => format!("({})", items.join(", ")),
    }
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
            Some(tuple(&items?))
        }
        // What is larger is larger than any array.
        _ => {
            let number = value.as_f64()?;
            let fits = number == number.trunc() && number.abs() < 1e9;
            fits.then(|| format!("{number:.0}"))
        }
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
