//! What Keras compiled a model with, as a `compile!`.

use kseq_catalogue::{ClassFamily, ClassRow, Kind, LOSSES, METRICS, OPTIMIZERS, SCHEDULES};
use serde_json::{Map, Value};

use crate::config::Model;
use crate::translate::{class_of, config_of};

/// `compile!(model, optimizer = "adam", ..)`; nothing if the file does not say it, an error is what of it kseq does not have.
pub fn compiled(model: &Model, value: &str) -> Result<Option<String>, String> {
    let Some(training) = &model.training else {
        return Ok(None);
    };
    let optimizer = training
        .get("optimizer_config")
        .or_else(|| training.get("optimizer"));
    let optimizer = match optimizer {
        None | Some(Value::Null) => return Ok(None),
        Some(optimizer) => class(&OPTIMIZERS, optimizer)?,
    };
    let loss = match training.get("loss").map(only) {
        None | Some(Value::Null) => return Ok(None),
        Some(loss) => class(&LOSSES, loss)?,
    };
    let mut metrics = Vec::new();
    let mut seen = Vec::new();
    flattened(training.get("metrics").unwrap_or(&Value::Null), &mut seen);
    for metric in seen {
        metrics.push(class(&METRICS, metric)?);
    }
    let mut args = vec![format!("optimizer = {optimizer}"), format!("loss = {loss}")];
    if !metrics.is_empty() {
        args.push(format!("metrics = [{}]", metrics.join(", ")));
    }
    let line = format!("compile!({value}, {})", args.join(", "));
    Ok(Some(match line.len() <= 96 {
        true => line,
        false => format!("compile!(\n    {value},\n    {},\n)", args.join(",\n    ")),
    }))
}

/// Of a list or a dict of one output, what is in it.
fn only(value: &Value) -> &Value {
    match value {
        Value::Array(list) if list.len() == 1 => list.first().unwrap_or(value),
        Value::Object(map) if map.len() == 1 && class_of(value).is_none() => {
            map.values().next().unwrap_or(value)
        }
        value => value,
    }
}

/// The metrics of a list of lists.
fn flattened<'a>(value: &'a Value, metrics: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| flattened(value, metrics)),
        Value::Object(map) if class_of(value).is_none() => {
            map.values().for_each(|value| flattened(value, metrics));
        }
        Value::Null => {}
        metric => metrics.push(metric),
    }
}

/// A class with its arguments, `SGD(0.01, momentum = 0.9)`, or its word if it has none: `"adam"`.
fn class(family: &ClassFamily, value: &Value) -> Result<String, String> {
    let unknown = |word: &str| format!("its {} `{word}`, which kseq does not have", family.what);
    let mut config = config_of(value);
    let word = match (value, class_of(value)) {
        (Value::String(word), _) => word.as_str(),
        // A function with a name.
        (_, Some("function")) => value
            .get("config")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        (_, Some("MeanMetricWrapper" | "LossFunctionWrapper")) => {
            let name = config.get("name").and_then(Value::as_str);
            let function = config.get("fn").and_then(Value::as_str);
            let word = match name {
                Some(name @ ("accuracy" | "acc")) => name.to_owned(),
                name => function.or(name).unwrap_or_default().to_owned(),
            };
            return class(family, &Value::String(word));
        }
        (_, Some(class)) => class.rsplit('>').next().unwrap_or(class),
        _ => return Err(unknown(&value.to_string())),
    };
    if value.is_string() {
        let is_known = family.named(word).is_some()
            || matches!(word, "accuracy" | "acc" | "crossentropy" | "ce");
        return match is_known {
            true => Ok(format!("{word:?}")),
            false => Err(unknown(word)),
        };
    }
    let row = family.named(word).ok_or_else(|| unknown(word))?;
    if let Some(rate) = config.remove("lr") {
        config.insert("learning_rate".to_owned(), rate);
    }
    let args = arguments(family, row, &config)?;
    match (args.is_empty(), row.names.first()) {
        (true, Some(name)) => Ok(format!("{name:?}")),
        _ => Ok(format!("{}({})", row.class, args.join(", "))),
    }
}

/// The arguments that are not the defaults.
fn arguments(
    family: &ClassFamily,
    row: &ClassRow,
    config: &Map<String, Value>,
) -> Result<Vec<String>, String> {
    let mut args = Vec::new();
    let mut is_next = true;
    for param in family.params(row) {
        let value = config.get(param.name).filter(|value| !value.is_null());
        let text = match (value, param.kind) {
            (None, _) | (_, Kind::Name | Kind::Dtype | Kind::Later) => None,
            // What Keras 2 calls its default.
            (Some(Value::String(word)), _) if word == "auto" => None,
            (Some(rate @ Value::Object(_)), Kind::LearningRate) => Some(class(&SCHEDULES, rate)?),
            (Some(value), kind) => {
                let text = written(value)
                    .ok_or_else(|| format!("its {} with {} = {value}", family.what, param.name))?;
                let is_fixed = matches!(kind, Kind::Fixed(_));
                let default = param.default.unwrap_or_default();
                let is_default = match (text.parse::<f32>(), default.parse::<f32>()) {
                    (Ok(text), Ok(default)) => text == default,
                    _ => text.eq_ignore_ascii_case(default),
                };
                if is_fixed && !is_default {
                    return Err(format!("its {} with {} = {value}", family.what, param.name));
                }
                (!is_default).then_some(text)
            }
        };
        let Some(text) = text else {
            is_next = false;
            continue;
        };
        let is_positional =
            is_next && (param.default.is_none() || param.kind == Kind::LearningRate);
        args.push(match is_positional {
            true => text,
            false => format!("{} = {text}", param.name),
        });
        is_next = is_positional;
    }
    Ok(args)
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::String(word) => Some(format!("{word:?}")),
        Value::Array(list) => {
            let items: Option<Vec<String>> = list.iter().map(written).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(whole.to_string()),
            None => Some(format!("{:?}", number.as_f64()? as f32)),
        },
        _ => None,
    }
}
