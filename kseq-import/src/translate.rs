//! From a serialised Keras layer (JSON) to a call of a `sequential!` layer list.
//!
//! The order of the arguments and the main name of a class are those of the catalogue. A config key is the argument of
//! that name. The importer writes the calls as a person would ([`source`](crate::source)), the golden suite as they are.

use std::fmt;

use kseq_catalogue::{ACTIVITY, ObjectFamily, Param, camel};
use serde_json::{Map, Value};

mod argument;

pub(crate) use argument::tuple;

/// A layer, a regularizer or a constraint with its arguments: `Dense(units = 7, activation = "relu")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The class, as kseq calls it.
    pub class: String,
    /// In the order of the catalogue.
    pub args: Vec<Arg>,
    /// Whether it ends with a softmax: that one may be over one unit, which Keras takes.
    pub insists: bool,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// Keras's name.
    pub name: &'static str,
    /// What the catalogue says of it; of what every layer takes nothing.
    pub param: Option<&'static Param>,
    /// What it is.
    pub value: Written,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// As it is written: `(3, 3)`.
    Text(String),
    /// A layer, a regularizer, ..
    Call(Call),
    /// Layers.
    List(Vec<Call>),
}

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
    let config = config_of(layer);
    let (mut args, mut refused) = (Vec::new(), Vec::new());
    refused.extend(computes_in_f32(class, &config).err());
    let mut push = |param: &'static Param, value: &Value| match argument::argument(param, value) {
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
            insists: argument::ends_with_softmax(layer),
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
        let value = argument::argument(param, value);
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

/// The class of a serialised object. (Keras writes a custom one as `package>Class`.)
pub fn class_of(object: &Value) -> Option<&str> {
    object.get("class_name").and_then(Value::as_str)
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

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<String> = self.args.iter().map(ToString::to_string).collect();
        write!(f, "{}({})", self.class, args.join(", "))
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = ", self.name)?;
        match &self.value {
            Written::Text(text) => f.write_str(text),
            Written::Call(call) => call.fmt(f),
            Written::List(calls) => {
                let calls: Vec<String> = calls.iter().map(inner).collect();
                write!(f, "[{}]", calls.join(", "))
            }
        }
    }
}

/// A layer of a list.
fn inner(call: &Call) -> String {
    match call.insists {
        true => format!("#[insist] {call}"),
        false => call.to_string(),
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
