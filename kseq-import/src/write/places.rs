//! Where Keras 3 puts the arrays of a layer: `cell/vars/0`, by the way of its attributes.

use serde_json::Value;

use crate::array::Array;
use crate::names::containers;

/// An array, or the state of random numbers, which Keras asks for, and its place.
pub(super) struct Placed<'a> {
    /// `forward_layer/cell/vars/0`
    pub path: String,
    /// Nothing for a state of random numbers.
    pub array: Option<&'a Array>,
}

/// The class of a layer.
pub(super) fn class(layer: &Value) -> &str {
    let class = layer.get("class_name").and_then(Value::as_str);
    class.unwrap_or_default()
}

/// The layers of a `Sequential`, but for its input.
pub(super) fn layers(model: &Value) -> Vec<&Value> {
    let layers = model.pointer("/config/layers").and_then(Value::as_array);
    let layers = layers.into_iter().flatten();
    layers
        .filter(|layer| class(layer) != "InputLayer")
        .collect()
}

/// The name of a layer.
pub(super) fn name(layer: &Value) -> &str {
    let name = layer.pointer("/config/name").and_then(Value::as_str);
    name.unwrap_or_default()
}

/// The places of the layers of a model, whose arrays these are by layer.
pub(super) fn of_model<'a>(
    model: &Value,
    arrays_of: &dyn Fn(&str) -> Vec<(&'a str, &'a Array)>,
) -> Vec<Placed<'a>> {
    let layers = layers(model);
    let classes: Vec<&str> = layers.iter().map(|layer| class(layer)).collect();
    let containers = containers(&classes);
    let mut all = Vec::new();
    for (layer, container) in layers.iter().zip(containers) {
        let placed = of_layer(layer, &arrays_of(name(layer)));
        all.extend(below(&format!("layers/{container}"), placed));
    }
    all
}

fn below<'a>(folder: &str, placed: Vec<Placed<'a>>) -> impl Iterator<Item = Placed<'a>> {
    let folder = folder.to_owned();
    placed.into_iter().map(move |placed| Placed {
        path: format!("{folder}/{}", placed.path),
        ..placed
    })
}

/// The arrays whose names begin so, without that.
fn within<'a>(arrays: &[(&'a str, &'a Array)], begin: &str) -> Vec<(&'a str, &'a Array)> {
    let inner = |(name, array): &(&'a str, &'a Array)| Some((name.strip_prefix(begin)?, *array));
    arrays.iter().filter_map(inner).collect()
}

/// The places of the arrays of a layer, which are given with their names in it.
fn of_layer<'a>(layer: &Value, arrays: &[(&'a str, &'a Array)]) -> Vec<Placed<'a>> {
    let class = class(layer);
    let null = &Value::Null;
    let inner = layer.pointer("/config/layer").unwrap_or(null);
    let vars = |folder: &str, arrays: &[(&'a str, &'a Array)]| -> Vec<Placed<'a>> {
        let placed = arrays.iter().enumerate().map(|(i, (_, array))| Placed {
            path: format!("{folder}vars/{i}"),
            array: Some(array),
        });
        placed.collect()
    };
    let mut placed = match class {
        "Sequential" => of_model(layer, &|name| within(arrays, &format!("{name}."))),
        "TimeDistributed" => below("layer", of_layer(inner, arrays)).collect(),
        // It holds the kernel that it divides as its own, too: of arrays that are no bias the first.
        "SpectralNormalization" => {
            let is_own = |(name, _): &&(&str, &Array)| *name == "vector_u";
            let (own, rest): (Vec<_>, Vec<_>) = arrays.iter().partition(is_own);
            let kernel = rest.first().copied();
            let own: Vec<_> = kernel.into_iter().chain(own).collect();
            let mut placed = vars("", &own);
            placed.extend(below("layer", of_layer(inner, &rest)));
            placed
        }
        "Bidirectional" => ["forward_layer", "backward_layer"]
            .into_iter()
            .flat_map(|way| {
                let other = layer.pointer("/config/backward_layer");
                let inner = other.filter(|_| way == "backward_layer").unwrap_or(inner);
                let arrays = within(arrays, &format!("{way}."));
                below(way, of_layer(inner, &arrays))
            })
            .collect(),
        class if is_recurrent(class) => vars("cell/", arrays),
        _ => vars("", arrays),
    };
    // Where a layer of Keras has none of these the place is not looked at.
    let draws = layer.pointer("/config/rate").is_some() || class.starts_with("Random");
    let cell = is_recurrent(class) && layer.pointer("/config/dropout").is_some();
    let cell = cell || layer.pointer("/config/recurrent_dropout").is_some();
    for (is, path) in [
        (draws || cell, "seed_generator/vars/0"),
        (cell, "cell/seed_generator/vars/0"),
    ] {
        if is {
            placed.push(Placed {
                path: path.to_owned(),
                array: None,
            });
        }
    }
    placed
}

fn is_recurrent(class: &str) -> bool {
    matches!(class, "LSTM" | "GRU" | "SimpleRNN") || class.starts_with("ConvLSTM")
}
