//! From the config of a file, of whatever version of Keras, to a list of layers in the words of Keras 3.

use serde_json::Value;

use crate::error::{Refusal, Refusals};
use crate::file::File;
use crate::translate::{self, class_of, config_of};
use named::Named;

mod chain;
mod channels;
mod input;
mod model;
mod named;
mod names;
mod objects;
mod rank;
mod words;
mod writer;

pub use input::shown;
pub use model::{Layer, Model};
pub use writer::Writer;

/// What a file says of its model, or everything that kseq cannot say of it.
pub fn canonical(file: &File) -> Result<Model, Refusals> {
    with_input(file, None)
}

/// The same of a file that does not say what its model takes: the shape of a sample.
pub fn with_input(file: &File, shape: Option<Vec<Option<usize>>>) -> Result<Model, Refusals> {
    let Some(config) = &file.config else {
        let what = "holds weights only, no layers\n  help: declare the model with `sequential!`, and load the file with \
                    `model.load_weights(..)`; or save the whole model in Python: `model.save(\"model.keras\")`";
        return Err(Refusal::new("the file", what).into());
    };
    let writer = Writer::of(file);
    let mut found = listed(config)?;
    let input = input::take(&mut found.layers, config, shape);
    if found.layers.is_empty() {
        return Err(Refusal::new("the model", "has no layers").into());
    }
    let mut words = words::Words::new(&writer);
    let layers = found.layers.into_iter().enumerate();
    let mut layers: Vec<Named> = layers
        .map(|(i, layer)| modern(i + 1, layer, &mut words))
        .collect();
    let mut refused = words.refused;
    let mut left_out = words.left_out;
    let (batch, input) = match input {
        Ok((batch, Some(sample))) => (batch, sample),
        Ok((batch, None)) => match input::of_kernel(&layers, &file.groups) {
            Ok(sample) => (batch, sample),
            Err(why) => {
                refused.push(why);
                (batch, Vec::new())
            }
        },
        Err(why) => {
            refused.push(why);
            (None, Vec::new())
        }
    };
    let input = input::with_features(input, &layers, &file.groups);
    refused.extend(input::no_sample(&input, &layers));
    refused.extend(channels::last(&mut layers, &input));
    rank::axes(&mut layers, &input);
    let mut called = Vec::new();
    for layer in layers {
        match translate::call(&layer.object) {
            Ok(call) => called.push((layer, call)),
            Err(why) => {
                let place = layer.place();
                let of = |why| Refusal::new(place.clone(), objects::said(why, &layer.object));
                // One that has been refused is not translated, too.
                let is_told = refused.iter().any(|refusal| refusal.place == place);
                refused.extend(why.into_iter().map(of).filter(|_| !is_told));
            }
        }
    }
    if !refused.is_empty() {
        refused.sort_by_key(|refusal| place_number(&refusal.place));
        return Err(Refusals(refused));
    }
    let layers = names::named(called);
    let is_stateful = layers.iter().any(|layer| is_stateful(&layer.object));
    if let Some(batch) = batch.filter(|_| !is_stateful) {
        left_out.push(format!(
            "the size of a batch, {batch}: it counts for layers with `stateful = true`"
        ));
    }
    Ok(Model {
        name: found.name,
        batch: batch.filter(|_| is_stateful),
        input,
        layers,
        training: file.training.clone(),
        writer,
        left_out,
    })
}

/// Refusals come in the order of the layers, those of the whole model first.
fn place_number(place: &str) -> usize {
    let number = place.strip_prefix("layer ").unwrap_or_default();
    let number = number.split(' ').next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

fn is_stateful(object: &Value) -> bool {
    let config = config_of(object);
    let inner = config.get("layer").is_some_and(is_stateful);
    inner || config.get("stateful") == Some(&Value::Bool(true))
}

/// The layers of a model, as they stand in the file.
struct Listed {
    name: String,
    layers: Vec<Value>,
}

fn listed(config: &Value) -> Result<Listed, Refusals> {
    let class = class_of(config).unwrap_or_default();
    let inner = config.get("config");
    let name = inner.and_then(|inner| inner.get("name")?.as_str());
    let name = name.unwrap_or("model").to_owned();
    let layers = match class {
        "Sequential" => objects::layers_of(config)
            .ok_or_else(|| Refusal::new("the model", "is a Sequential without layers"))?,
        "Functional" | "Model" => chain::layers(config)?,
        "" => return Err(Refusal::new("the model", "its config has no class_name").into()),
        class => {
            let what = format!(
                "is of the class `{class}`, whose code is a program's and not in the file\n  \
                 help: kseq reads `Sequential`, and `Functional` that is one chain of layers"
            );
            return Err(Refusal::new("the model", what).into());
        }
    };
    Ok(Listed { name, layers })
}

/// A layer in the words of Keras 3.
fn modern(number: usize, object: Value, words: &mut words::Words<'_>) -> Named {
    let name = object.pointer("/config/name").and_then(Value::as_str);
    let origin = name.map(str::to_owned);
    let mut named = Named {
        number,
        origin,
        object,
    };
    words.place = named.place();
    words.modernise(&mut named.object);
    named
}

#[cfg(test)]
mod tests;
