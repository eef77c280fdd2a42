//! `data_format = "channels_first"`: the same layers with the channels last, between `Permute`s.
//!
//! The kernels of such layers are the same in both orders. The model takes the samples that it takes in Keras, and gives the
//! same outputs: whatever looks at the order of the axes, a `Dense` or the end of the model, has Keras's order before it.

use serde_json::{Value, json};

use super::named::Named;
use crate::error::Refusal;
use crate::translate::{class_of, config_of};

/// What the samples are at a place of the model.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// As in Keras.
    Keras,
    /// The channels are the last of so many axes, and Keras has them first.
    Moved(usize),
}

/// Brings all layers to `channels_last`; what that cannot be done with.
pub fn last(layers: &mut Vec<Named>, input: &[Option<usize>]) -> Vec<Refusal> {
    let mut refused = Vec::new();
    let is_first = |layer: &Named| says(&layer.object, "channels_first");
    if !layers
        .iter()
        .any(|layer| is_first(layer) || has_inside(&layer.object))
    {
        return refused;
    }
    if input.contains(&None) {
        let what = "is of any size with its channels first; kseq has axes of any length in front only\n  help: say the shape of \
                    a sample: `cargo kseq import model.h5 --input-shape 1,28,28`";
        return vec![Refusal::new("the input", what)];
    }
    let mut order = Order::Keras;
    let mut ordered = Vec::new();
    for mut layer in layers.drain(..) {
        let class = layer.class().to_owned();
        if has_inside(&layer.object) {
            let what = "a layer in it has `data_format = \"channels_first\"`; such a layer is translated where it stands in the \
                        model's own list only\n  help: save the model with `channels_last`";
            refused.push(Refusal::new(layer.place(), what));
        } else if class == "Flatten" {
            // Keras's `Flatten` puts the channels last itself if it knows that they are first.
            if !is_first(&layer) {
                back(&mut ordered, &mut order, layer.number);
            } else if order == Order::Keras {
                let what = "data_format = \"channels_first\" behind no layer with channels; kseq has channels_last only";
                refused.push(Refusal::new(layer.place(), what));
            }
            order = Order::Keras;
        } else if is_first(&layer) {
            if class.starts_with("LocallyConnected") {
                let what = "data_format = \"channels_first\"; its kernels have another order then, which kseq does not have";
                refused.push(Refusal::new(layer.place(), what));
            }
            let axes = axes_of(&class) + 1;
            if order == Order::Keras {
                let dims: Vec<usize> = (2..=axes).chain([1]).collect();
                ordered.push(permute(layer.number, &dims));
            }
            let config = config_of(&layer.object);
            let is_vector =
                class.starts_with("Global") && config.get("keepdims") != Some(&Value::Bool(true));
            order = match is_vector {
                true => Order::Keras,
                false => Order::Moved(axes),
            };
        } else if let Order::Moved(axes) = order {
            let row = kseq_catalogue::layer(&class);
            let is_anywhere = row.is_some_and(|row| row.is_activation() && class != "Softmax")
                || matches!(
                    class.as_str(),
                    "Dropout"
                        | "GaussianNoise"
                        | "GaussianDropout"
                        | "AlphaDropout"
                        | "Identity"
                        | "ThresholdedReLU"
                        | "ActivityRegularization"
                )
                || class == "Activation"
                    && !is_softmax(&layer.object)
                    && layer
                        .object
                        .pointer("/config/noise_shape")
                        .is_none_or(Value::is_null);
            match layer.object.pointer_mut("/config/axis") {
                // Of the batch, channels, ..: the channels.
                Some(axis) if class == "BatchNormalization" && axis.as_i64() == Some(1) => {
                    *axis = Value::from(-1);
                }
                _ if is_anywhere => {}
                _ => {
                    order = Order::Moved(axes);
                    back(&mut ordered, &mut order, layer.number);
                }
            }
        }
        if let Some(format) = layer.object.pointer_mut("/config/data_format") {
            *format = Value::from("channels_last");
        }
        ordered.push(layer);
    }
    let end = ordered.last().map_or(0, |layer| layer.number);
    back(&mut ordered, &mut order, end);
    *layers = ordered;
    refused
}

/// Brings the samples into Keras's order.
fn back(ordered: &mut Vec<Named>, order: &mut Order, number: usize) {
    if let Order::Moved(axes) = *order {
        let dims: Vec<usize> = [axes].into_iter().chain(1..axes).collect();
        ordered.push(permute(number, &dims));
        *order = Order::Keras;
    }
}

fn permute(number: usize, dims: &[usize]) -> Named {
    Named {
        number,
        origin: None,
        object: json!({ "class_name": "Permute", "config": { "dims": dims } }),
    }
}

fn says(object: &Value, format: &str) -> bool {
    let said = object.pointer("/config/data_format");
    said.and_then(Value::as_str) == Some(format)
}

/// Whether a layer in the layer says `channels_first`.
fn has_inside(object: &Value) -> bool {
    let has = |value: &Value| says(value, "channels_first") || has_inside(value);
    config_of(object).values().any(|value| match value {
        Value::Array(list) => list.iter().any(has),
        value => value.is_object() && has(value),
    })
}

fn is_softmax(object: &Value) -> bool {
    let activation = object.pointer("/config/activation");
    let is_named = activation
        .and_then(Value::as_str)
        .is_some_and(|name| name.contains("softmax") || name == "glu");
    is_named || activation.is_some_and(|activation| class_of(activation).is_some())
}

/// The axes of an image, by the name of the class.
fn axes_of(class: &str) -> usize {
    let digit = class
        .find("1D")
        .map(|_| 1)
        .or_else(|| class.find("3D").map(|_| 3));
    digit.unwrap_or(2)
}
