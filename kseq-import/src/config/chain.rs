//! A functional model that is one chain of layers.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::{Refusal, Refusals};
use crate::translate::class_of;

/// The layers of a `Functional` model in the order in which a sample goes through them, or where it branches.
pub fn layers(model: &Value) -> Result<Vec<Value>, Refusals> {
    let layers = model.pointer("/config/layers").and_then(Value::as_array);
    let Some(layers) = layers else {
        return Err(Refusal::new("the model", "is a functional model without layers").into());
    };
    let mut refused = Vec::new();
    // Of each layer the one that comes behind it.
    let mut next: HashMap<&str, &Value> = HashMap::new();
    let mut first = None;
    for (i, layer) in layers.iter().enumerate() {
        let name = name_of(layer);
        let class = class_of(layer).unwrap_or_default();
        let mut refuse = |what: String| {
            refused.push(Refusal::new(
                format!("layer {} `{name}` ({class})", i + 1),
                what,
            ));
        };
        let nodes = layer.get("inbound_nodes").and_then(Value::as_array);
        let nodes = nodes.map(Vec::as_slice).unwrap_or_default();
        if class == "InputLayer" || nodes.is_empty() {
            if let Some(other) = first.replace(layer) {
                refuse(format!(
                    "is a second input, beside `{}`; a list of layers has one",
                    name_of(other)
                ));
            }
            continue;
        }
        let [node] = nodes else {
            refuse(format!(
                "is called {} times, with one set of weights; a list of layers calls each once",
                nodes.len()
            ));
            continue;
        };
        let mut inputs = Vec::new();
        names_in(node, &mut inputs);
        inputs.dedup();
        match inputs.as_slice() {
            [input] => {
                if let Some(other) = next.insert(input, layer) {
                    refuse(format!(
                        "takes the output of `{input}`, as does `{}`; in a list of layers each has one that comes next",
                        name_of(other)
                    ));
                }
            }
            inputs => refuse(format!(
                "merges {}; a list of layers has no branches\n  help: kseq says `x + f(x)` as `Residual([..])`; other merges \
                 have to be written in Rust",
                list(inputs)
            )),
        }
    }
    if !refused.is_empty() {
        return Err(Refusals(refused));
    }
    let mut chain: Vec<Value> = Vec::new();
    let mut at = first;
    while let Some(layer) = at.filter(|_| chain.len() < layers.len()) {
        chain.push(layer.clone());
        at = next.get(name_of(layer)).copied();
    }
    let last = chain.last().map(name_of).unwrap_or_default();
    let mut outputs = Vec::new();
    let said = model
        .pointer("/config/output_layers")
        .unwrap_or(&Value::Null);
    names_in(said, &mut outputs);
    match outputs.as_slice() {
        [] | [_] if chain.len() != layers.len() => {
            let what = "its layers are not all in one chain from the input to the output";
            Err(Refusal::new("the model", what).into())
        }
        [output] if *output != last => {
            let what = format!("its output is that of `{output}`, behind which `{last}` stands");
            Err(Refusal::new("the model", what).into())
        }
        [] | [_] => Ok(chain),
        outputs => {
            let what = format!(
                "has the outputs {}; a list of layers has one",
                list(outputs)
            );
            Err(Refusal::new("the model", what).into())
        }
    }
}

fn name_of(layer: &Value) -> &str {
    let name = layer.get("name").or_else(|| layer.pointer("/config/name"));
    name.and_then(Value::as_str).unwrap_or_default()
}

/// `` `a` and `b` ``
fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, before @ [_, ..])) => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// The layers that a node refers to: `["dense", 0, 0, {}]`, in Keras 3 `{"keras_history": ["dense", 0, 0]}`.
fn names_in<'a>(node: &'a Value, names: &mut Vec<&'a str>) {
    match node {
        Value::Array(list) => match list.as_slice() {
            [
                Value::String(name),
                Value::Number(_),
                Value::Number(_),
                rest @ ..,
            ] => {
                names.push(name);
                rest.iter().for_each(|value| names_in(value, names));
            }
            list => list.iter().for_each(|value| names_in(value, names)),
        },
        Value::Object(map) => map.values().for_each(|value| names_in(value, names)),
        _ => {}
    }
}
