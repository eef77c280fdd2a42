//! HDF5 as Keras writes it: the weights of a `.keras`, and a whole model.

use hdf5_pure::{AttrValue, FileBuilder};
use serde_json::{Value, json};

use super::places::{self, Placed, layers, name};
use super::words::{self, KERAS};
use crate::array::{Array, Group};
use crate::error::{Refusal, Refusals};
use crate::file::File;

/// `model.weights.h5`
pub(super) fn weights(config: &Value, groups: &[Group]) -> Result<Vec<u8>, Refusals> {
    let arrays_of = |name: &str| named(groups, name);
    let mut tree = Tree::default();
    for Placed { path, array } in places::of_model(config, &arrays_of) {
        tree.put(&path, array);
    }
    let mut builder = FileBuilder::new();
    for (name, tree) in tree.groups {
        let mut group = builder.create_group(&name);
        tree.write(&mut group);
        builder.add_group(group.finish());
    }
    builder.finish().map_err(refused)
}

/// The arrays of a layer with their names.
fn named<'a>(groups: &'a [Group], name: &str) -> Vec<(&'a str, &'a Array)> {
    let group = groups.iter().find(|group| group.name == name);
    let arrays = group.into_iter().flat_map(|group| &group.arrays);
    arrays.map(|array| (array.name.as_str(), array)).collect()
}

fn refused(e: hdf5_pure::Error) -> Refusals {
    Refusal::new("HDF5", e.to_string()).into()
}

/// Groups in groups, and arrays in them.
#[derive(Default)]
struct Tree<'a> {
    groups: Vec<(String, Tree<'a>)>,
    /// Without an array: the state of random numbers.
    arrays: Vec<(String, Option<&'a Array>)>,
}

impl<'a> Tree<'a> {
    fn put(&mut self, path: &str, array: Option<&'a Array>) {
        let Some((first, rest)) = path.split_once('/') else {
            self.arrays.push((path.to_owned(), array));
            return;
        };
        let at = self.groups.iter().position(|(name, _)| name == first);
        let at = at.unwrap_or_else(|| {
            self.groups.push((first.to_owned(), Tree::default()));
            self.groups.len() - 1
        });
        if let Some((_, tree)) = self.groups.get_mut(at) {
            tree.put(rest, array);
        }
    }

    fn write(&self, group: &mut hdf5_pure::GroupBuilder) {
        for (name, array) in &self.arrays {
            match array {
                Some(array) => dataset(group, name, array),
                // The seed, and how many numbers were drawn.
                None => {
                    let state = group.create_dataset(name);
                    state.with_u32_data(&[0, 0]).with_shape(&[2]);
                }
            }
        }
        for (name, tree) in &self.groups {
            let mut inner = group.create_group(name);
            tree.write(&mut inner);
            group.add_group(inner.finish());
        }
    }
}

fn dataset(group: &mut hdf5_pure::GroupBuilder, name: &str, array: &Array) {
    let shape: Vec<u64> = array.shape.iter().map(|&d| d as u64).collect();
    let dataset = group.create_dataset(name);
    dataset.with_f32_data(&array.values).with_shape(&shape);
}

/// A whole model.
pub(super) fn model(config: Value, file: &File) -> Result<Vec<u8>, Refusals> {
    let mut builder = FileBuilder::new();
    let text = |value: String| AttrValue::VarLenString(value);
    let mut weights = builder.create_group("model_weights");
    let names: Vec<&str> = layers(&config).into_iter().map(name).collect();
    texts(&names, "layer_names", &mut |name, value| {
        weights.set_attr(name, value)
    });
    for attributes in [("backend", "tensorflow"), ("keras_version", KERAS)] {
        weights.set_attr(attributes.0, text(attributes.1.to_owned()));
        builder.set_attr(attributes.0, text(attributes.1.to_owned()));
    }
    for layer in layers(&config) {
        let name = name(layer);
        let mut group = weights.create_group(name);
        let arrays = in_keras_order(layer, &named(&file.groups, name));
        let paths: Vec<String> = arrays
            .iter()
            .map(|(array, _)| format!("{name}/{}:0", array.replace('.', "/")))
            .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        texts(&paths, "weight_names", &mut |name, value| {
            group.set_attr(name, value)
        });
        let mut tree = Tree::default();
        for (path, (_, array)) in paths.iter().zip(&arrays) {
            tree.put(path, Some(array));
        }
        tree.write(&mut group);
        weights.add_group(group.finish());
    }
    builder.add_group(weights.finish());
    let config = words::of_both(config);
    builder.set_attr("model_config", text(config.to_string()));
    if let Some(training) = &file.training {
        let training = words::of_both(training.clone());
        let of = |key: &str| training.get(key).cloned().unwrap_or(Value::Null);
        let training = json!({
            "loss": of("loss"),
            "metrics": of("metrics"),
            "weighted_metrics": of("weighted_metrics"),
            "loss_weights": of("loss_weights"),
            "optimizer_config": of("optimizer"),
        });
        builder.set_attr("training_config", text(training.to_string()));
    }
    builder.finish().map_err(refused)
}

/// A list of texts as an attribute; a long one in parts, as Keras does, since an attribute has less than 64 KB.
fn texts(list: &[&str], name: &str, set: &mut dyn FnMut(&str, AttrValue)) {
    const MOST: usize = 64_000;
    let width = list.iter().map(|text| text.len()).max().unwrap_or(0).max(1);
    let value = |list: &[&str]| {
        let list = list.iter().map(|text| (*text).to_owned());
        AttrValue::StringArray(list.collect())
    };
    match list.len() * width <= MOST {
        true if list.is_empty() => set(name, AttrValue::F64Array(Vec::new())),
        true => set(name, value(list)),
        false => {
            for (i, part) in list.chunks((MOST / width).max(1)).enumerate() {
                set(&format!("{name}{i}"), value(part));
            }
        }
    }
}

/// The arrays of a layer in the order of Keras's `trainable_weights` and then `non_trainable_weights`, by which it loads them.
fn in_keras_order<'a>(layer: &Value, arrays: &[(&'a str, &'a Array)]) -> Vec<(&'a str, &'a Array)> {
    let is_frozen = |layer: &Value| layer.pointer("/config/trainable") == Some(&Value::Bool(false));
    if is_frozen(layer) {
        return arrays.to_vec();
    }
    let inside = match places::class(layer) {
        "TimeDistributed" => layer
            .pointer("/config/layer")
            .map(layers)
            .unwrap_or_default(),
        _ => layers(layer),
    };
    let frozen: Vec<String> = inside
        .into_iter()
        .filter(|layer| is_frozen(layer))
        .map(|layer| format!("{}.", name(layer)))
        .collect();
    const STATE: &[&str] = &[
        "moving_mean",
        "moving_variance",
        "mean",
        "variance",
        "count",
        "vector_u",
    ];
    let is_trained = |(name, _): &&(&str, &Array)| {
        let last = name.rsplit('.').next().unwrap_or_default();
        !STATE.contains(&last) && !frozen.iter().any(|begin| name.starts_with(begin.as_str()))
    };
    let (mut trained, rest): (Vec<_>, Vec<_>) = arrays.iter().partition(is_trained);
    trained.extend(rest);
    trained
}
