//! Where Keras puts configs and weights in an HDF5 file.
//!
//! - Keras 1 to 3, a model: attributes `model_config`, `training_config`; the group `model_weights`, as a file of weights.
//! - Keras 1 to 3, weights: the attribute `layer_names`; a group for each layer with the attribute `weight_names`, which are paths to
//!   arrays below it.
//! - The first versions of Keras 1: attributes `nb_layers`; groups `layer_0`, with `nb_params`; arrays `param_0`.
//! - Keras 3, `.weights.h5`: `layers/dense_1/vars/0`, where `dense_1` is the second layer of the class `Dense`, whatever its name;
//!   within a layer the way of its attributes: `layers/bidirectional/forward_layer/cell/vars/0`. Keras 2.13 calls the first group
//!   `_layer_checkpoint_dependencies`, and on Windows made one name of them, `layers\dense_1`.

use serde_json::Value;

use crate::array::{Array, Group};
use crate::file::{File, Order};
use crate::hdf5::Node;
use crate::json;
use crate::names::containers;

/// Groups in groups, at most: a model in a model is two more.
const MAX_DEPTH: usize = 32;

/// Where layers are in a file of Keras 3.
pub(crate) const LAYERS: [&str; 2] = ["layers", "_layer_checkpoint_dependencies"];

/// A file of any of these kinds.
pub(crate) fn read(bytes: &[u8]) -> Result<File, String> {
    let root = Node::open(bytes)?;
    let groups = root.groups()?;
    let weights = match groups.iter().any(|g| g == "model_weights") {
        true => &root.group("model_weights")?,
        false => &root,
    };
    let said = |name: &str| root.text(name).or_else(|| weights.text(name));
    let mut file = File {
        keras_version: said("keras_version").map(str::to_owned),
        backend: said("backend").map(str::to_owned),
        config: described(&root, "model_config")?,
        training: described(&root, "training_config")?,
        ..File::default()
    };
    if let Some(layers) = weights.texts("layer_names") {
        let layers = layers.into_iter().map(|name| legacy(weights, name));
        file.groups = layers.collect::<Result<_, _>>()?;
    } else if let Some(layers) = weights.number("nb_layers") {
        file.groups = oldest(weights, layers)?;
    } else if groups.iter().any(|name| below_layers(name).is_some()) {
        file.groups = variables(&root, &groups)?;
        file.order = Order::Classes;
    } else {
        return Err(
            "expected weights of Keras (`layer_names`, `layers`), found another HDF5 file"
                .to_owned(),
        );
    }
    Ok(file)
}

fn described(node: &Node, attribute: &str) -> Result<Option<Value>, String> {
    let text = node.text(attribute);
    let value = text.map(|text| json::parse(text.as_bytes())).transpose();
    value.map_err(|why| format!("`{attribute}` is no JSON: {why}"))
}

/// The state of random numbers, which is no weight.
fn is_seed(name: &str) -> bool {
    name.contains("seed_generator")
}

fn legacy(weights: &Node, name: String) -> Result<Group, String> {
    let node = weights.group(&name)?;
    let names = node.texts("weight_names").unwrap_or_default();
    let names = names.into_iter().filter(|name| !is_seed(name));
    let arrays = names
        .map(|name| array(&node, name))
        .collect::<Result<_, _>>();
    let arrays = arrays.map_err(|why: String| format!("layer `{name}`: {why}"))?;
    Ok(Group { name, arrays })
}

fn array(node: &Node, name: String) -> Result<Array, String> {
    let (shape, values) = node.numbers(&name)?;
    Ok(Array {
        name,
        shape,
        values,
    })
}

fn oldest(weights: &Node, layers: u64) -> Result<Vec<Group>, String> {
    let mut groups = Vec::new();
    for i in 0..layers {
        let name = format!("layer_{i}");
        let node = weights.group(&name)?;
        let params = node.number("nb_params").unwrap_or(0);
        let arrays = (0..params).map(|i| array(&node, format!("param_{i}")));
        let arrays = arrays.collect::<Result<_, _>>()?;
        groups.push(Group { name, arrays });
    }
    Ok(groups)
}

/// What is below the layers in a path, if it begins with them.
fn below_layers(path: &str) -> Option<&str> {
    let strip = |layers: &&str| {
        let rest = path.strip_prefix(layers)?;
        (rest.is_empty() || rest.starts_with(['/', '\\'])).then_some(rest)
    };
    LAYERS.iter().find_map(strip)
}

/// The layers of a file of Keras 3, in the order of their names.
fn variables(root: &Node, groups: &[String]) -> Result<Vec<Group>, String> {
    let mut named = Vec::new();
    for name in groups.iter().filter(|name| below_layers(name).is_some()) {
        let mut arrays = Vec::new();
        let path = format!("{name}/");
        walk(&root.group(name)?, &path, MAX_DEPTH, &mut arrays)?;
        named.extend(arrays.into_iter().map(|mut array| {
            let path = array.name.replace('\\', "/");
            let path = below_layers(&path).unwrap_or_default();
            let (layer, rest) = path
                .trim_start_matches('/')
                .split_once('/')
                .unwrap_or_default();
            array.name = rest.to_owned();
            (layer.to_owned(), array)
        }));
    }
    Ok(Group::of(named.into_iter()))
}

fn walk(node: &Node, path: &str, depth: usize, arrays: &mut Vec<Array>) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("groups more than {MAX_DEPTH} deep: `{path}`"));
    }
    for name in node.groups()?.into_iter().filter(|name| !is_seed(name)) {
        let (inner, path) = (node.group(&name)?, format!("{path}{name}/"));
        if name != "vars" && !name.ends_with("\\vars") {
            walk(&inner, &path, depth - 1, arrays)?;
            continue;
        }
        let mut numbers = inner.arrays()?;
        numbers.sort_by_key(|number| number.parse().unwrap_or(usize::MAX));
        for number in numbers {
            let numbers = inner.numbers(&number);
            let (shape, values) = numbers.map_err(|why| format!("{path}: {why}"))?;
            let name = format!("{path}{number}");
            arrays.push(Array {
                name,
                shape,
                values,
            });
        }
    }
    Ok(())
}

/// Gives groups that are named after classes the names of the layers of a config, in its order.
pub(crate) fn named_by_config(file: &mut File) {
    let Some(layers) = file.config.as_ref().and_then(layers_of) else {
        return;
    };
    let classes: Vec<&str> = layers.iter().filter_map(|(class, _)| *class).collect();
    let mut groups = std::mem::take(&mut file.groups);
    if classes.len() < layers.len() {
        file.groups = groups;
        return;
    }
    for ((_, name), container) in layers.iter().zip(containers(&classes)) {
        let found = groups.iter().position(|group| group.name == container);
        let arrays = found.map(|at| groups.swap_remove(at).arrays);
        file.groups.push(Group {
            name: name.unwrap_or(&container).to_owned(),
            arrays: arrays.unwrap_or_default(),
        });
    }
    // What is left belongs to no layer; it is kept, so that nobody loses weights unseen.
    groups.retain(|group| !group.arrays.is_empty());
    file.groups.append(&mut groups);
    file.order = Order::Layers;
}

/// Classes and names of the layers of a model.
pub(crate) fn layers_of(config: &Value) -> Option<Vec<(Option<&str>, Option<&str>)>> {
    let inner = config.get("config")?;
    let layers = inner.get("layers").unwrap_or(inner).as_array()?;
    let sequential = config.get("class_name").and_then(Value::as_str) == Some("Sequential");
    let class =
        |layer: &&Value| layer.get("class_name").and_then(Value::as_str) != Some("InputLayer");
    let layers = layers.iter().filter(|layer| !sequential || class(layer));
    let named = layers.map(|layer| {
        let class = layer.get("class_name").and_then(Value::as_str);
        (class, layer.pointer("/config/name").and_then(Value::as_str))
    });
    Some(named.collect())
}
