//! Values as they are written.

use kseq_catalogue::{Kind, Param};
use serde_json::Value;

/// The value, and what there is instead.
pub fn refusal(param: &Param, value: &Value) -> String {
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

/// What is written as it is, if it can be.
pub fn text(param: &Param, value: &Value) -> Option<String> {
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
pub fn tuple(items: &[String]) -> String {
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
