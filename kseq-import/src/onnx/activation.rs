//! Activations: Keras's functions, and the layers of that name.

use serde_json::Value;

use super::flow::Flow;
use super::graph::{Graph, float, int};
use super::words::Layer;
use crate::translate::class_of;

/// What a layer ends with, by the word in its config; without one it is linear.
pub fn ending(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    match layer.get("activation") {
        Some(word) => by_word(graph, word, flow),
        None => Ok(flow),
    }
}

/// A name, a serialised function, or a layer.
fn by_word(graph: &mut Graph, word: &Value, flow: Flow) -> Result<Flow, String> {
    match name_of(word) {
        Some(name) => function(graph, name, flow),
        None => {
            let layer = Layer::new(word, &[], String::new());
            match of_layer(graph, &layer, flow) {
                Some(flow) => Ok(flow),
                None => Err(format!("the activation {word} has no form in ONNX here")),
            }
        }
    }
}

/// The name of a function.
pub fn name_of(word: &Value) -> Option<&str> {
    match class_of(word) {
        Some("function") => word.get("config")?.as_str(),
        Some(_) => None,
        None => word.as_str(),
    }
}

/// An activation that is a layer; nothing if it is another one.
pub fn of_layer(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Option<Flow> {
    let with = |graph: &mut Graph, op: &str, key: &str, value: f32, flow: Flow| {
        let name = graph.node(op, &[&flow.name], vec![float(key, value)]);
        flow.with(name)
    };
    Some(match layer.class {
        "ReLU" => relu(graph, layer, flow),
        "LeakyReLU" => {
            let slope = layer.number("negative_slope", 0.3);
            with(graph, "LeakyRelu", "alpha", slope, flow)
        }
        "ELU" => with(graph, "Elu", "alpha", layer.number("alpha", 1.0), flow),
        "ThresholdedReLU" => {
            let theta = layer.number("theta", 1.0);
            with(graph, "ThresholdedRelu", "alpha", theta, flow)
        }
        _ => return None,
    })
}

/// `min(x, max_value)` from a threshold on, else `negative_slope (x - threshold)`.
fn relu(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Flow {
    let slope = layer.number("negative_slope", 0.0);
    let threshold = layer.number("threshold", 0.0);
    let x = &flow.name;
    let mut name = match (slope == 0.0, threshold == 0.0) {
        (true, true) => graph.node("Relu", &[x], Vec::new()),
        (false, true) => graph.node("LeakyRelu", &[x], vec![float("alpha", slope)]),
        (_, false) => {
            let (from, slope) = (graph.number(threshold), graph.number(slope));
            let is_above = graph.node("GreaterOrEqual", &[x, &from], Vec::new());
            let below = graph.node("Sub", &[x, &from], Vec::new());
            let below = graph.node("Mul", &[&below, &slope], Vec::new());
            graph.node("Where", &[&is_above, x, &below], Vec::new())
        }
    };
    if layer.get("max_value").is_some() {
        let most = graph.number(layer.number("max_value", f32::INFINITY));
        name = graph.node("Min", &[&name, &most], Vec::new());
    }
    flow.with(name)
}

/// A function by Keras's name.
fn function(graph: &mut Graph, name: &str, flow: Flow) -> Result<Flow, String> {
    let x = flow.name.clone();
    let x = x.as_str();
    let last = flow.axis(flow.last()) as i64;
    let mut call = |op: &str, attributes| graph.node(op, &[x], attributes);
    let y = match name {
        "linear" => return Ok(flow),
        "relu" => call("Relu", vec![]),
        "leaky_relu" => call("LeakyRelu", vec![float("alpha", 0.2)]),
        "elu" => call("Elu", vec![]),
        "selu" => call("Selu", vec![]),
        "celu" => call("Celu", vec![]),
        "sigmoid" => call("Sigmoid", vec![]),
        "hard_sigmoid" => call(
            "HardSigmoid",
            vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)],
        ),
        "hard_sigmoid_keras2" => call("HardSigmoid", vec![float("alpha", 0.2), float("beta", 0.5)]),
        "sparse_sigmoid" => call("HardSigmoid", vec![float("alpha", 0.5), float("beta", 0.5)]),
        "hard_silu" | "hard_swish" => call("HardSwish", vec![]),
        "tanh" => call("Tanh", vec![]),
        "hard_shrink" => call("Shrink", vec![float("lambd", 0.5), float("bias", 0.0)]),
        "soft_shrink" => call("Shrink", vec![float("lambd", 0.5), float("bias", 0.5)]),
        "softmax" => call("Softmax", vec![int("axis", last)]),
        "log_softmax" => call("LogSoftmax", vec![int("axis", last)]),
        "softplus" => call("Softplus", vec![]),
        "softsign" => call("Softsign", vec![]),
        "exponential" => call("Exp", vec![]),
        "relu6" => between(graph, x, 0.0, 6.0),
        "hard_tanh" => between(graph, x, -1.0, 1.0),
        "gelu" => {
            let root = graph.number(std::f32::consts::FRAC_1_SQRT_2);
            let (one, half) = (graph.number(1.0), graph.number(0.5));
            let erf = graph.node("Mul", &[x, &root], vec![]);
            let erf = graph.node("Erf", &[&erf], vec![]);
            let part = graph.node("Add", &[&erf, &one], vec![]);
            let part = graph.node("Mul", &[x, &part], vec![]);
            graph.node("Mul", &[&part, &half], vec![])
        }
        "silu" | "swish" => {
            let gate = graph.node("Sigmoid", &[x], vec![]);
            graph.node("Mul", &[x, &gate], vec![])
        }
        "tanh_shrink" => {
            let tanh = graph.node("Tanh", &[x], vec![]);
            graph.node("Sub", &[x, &tanh], vec![])
        }
        // (x + 1)^2 / 4 between -1 and 1, x above.
        "sparse_plus" => {
            let (one, quarter) = (graph.number(1.0), graph.number(0.25));
            let middle = between(graph, x, -1.0, 1.0);
            let middle = graph.node("Add", &[&middle, &one], vec![]);
            let middle = graph.node("Mul", &[&middle, &middle], vec![]);
            let middle = graph.node("Mul", &[&middle, &quarter], vec![]);
            let above = graph.node("Sub", &[x, &one], vec![]);
            let above = graph.node("Relu", &[&above], vec![]);
            graph.node("Add", &[&middle, &above], vec![])
        }
        "log_sigmoid" => {
            let y = graph.node("Neg", &[x], vec![]);
            let y = graph.node("Softplus", &[&y], vec![]);
            graph.node("Neg", &[&y], vec![])
        }
        "mish" => {
            let gate = graph.node("Softplus", &[x], vec![]);
            let gate = graph.node("Tanh", &[&gate], vec![]);
            graph.node("Mul", &[x, &gate], vec![])
        }
        // (x + sqrt(x^2 + 4)) / 2
        "squareplus" => {
            let (four, half) = (graph.number(4.0), graph.number(0.5));
            let root = graph.node("Mul", &[x, x], vec![]);
            let root = graph.node("Add", &[&root, &four], vec![]);
            let root = graph.node("Sqrt", &[&root], vec![]);
            let sum = graph.node("Add", &[x, &root], vec![]);
            graph.node("Mul", &[&sum, &half], vec![])
        }
        // Half of the channels, gated by the others.
        "glu" => {
            let halves = ["half", "gate"].map(|half| graph.fresh(half));
            let split = vec![int("axis", last), int("num_outputs", 2)];
            graph.push("Split", &[x], &halves, split);
            let [half, gate] = &halves;
            let gate = graph.node("Sigmoid", &[gate], vec![]);
            graph.node("Mul", &[half, &gate], vec![])
        }
        name => return Err(format!("the activation `{name}` has no form in ONNX")),
    };
    Ok(flow.with(y))
}

fn between(graph: &mut Graph, x: &str, least: f32, most: f32) -> String {
    let (least, most) = (graph.number(least), graph.number(most));
    graph.node("Clip", &[x, &least, &most], Vec::new())
}
