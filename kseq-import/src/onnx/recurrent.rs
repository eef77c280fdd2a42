//! `LSTM`, `GRU` and `SimpleRNN` as the operators of ONNX, and around two of them `Bidirectional`.
//!
//! Keras's kernels are `(in, gates units)` with the gates i, f, c, o or z, r, h; ONNX's `(1, gates units, in)` with i, o, f, c or
//! z, r, h. The steps come first there. Where steps are masked, a `Scan` goes over them: a masked step keeps the state.

use serde_json::Value;

use super::activation::name_of;
use super::flow::Flow;
use super::graph::{Graph, floats, graph as subgraph, info, int, ints, size, text, texts};
use super::proto::{AttributeProto, BOOL, DimensionProto, FLOAT, GraphProto, ValueInfoProto};
use super::words::Layer;
use crate::array::Array;
use crate::numbers::transposed;

/// An operator with its weights, as constants of the graph.
struct Cell {
    op: &'static str,
    inputs: Vec<String>,
    attributes: Vec<AttributeProto>,
    units: i64,
    /// How many arrays its state has.
    states: usize,
}

/// A layer by itself.
pub fn layer(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    one(graph, layer, flow, layer.class, Way::of(layer))
}

/// `RNN` around one cell, which is the layer of its name.
pub fn around_cell(graph: &mut Graph, outer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let Some(cell) = outer.get("cell") else {
        return Err("the cell is not in the file".to_owned());
    };
    let cell = outer.inner(cell, "");
    let class = cell.class.trim_end_matches("Cell");
    one(graph, &cell, flow, class, Way::of(outer))
}

/// Two layers, one from the end, with their outputs together.
pub fn bidirectional(graph: &mut Graph, layer: &Layer<'_>, flow: Flow) -> Result<Flow, String> {
    let Some(inner) = layer.get("layer") else {
        return Err("the layer in it is not in the file".to_owned());
    };
    let forward = layer.inner(inner, "forward_layer.");
    let sequences = forward.flag("return_sequences", false);
    let other = layer.get("backward_layer").unwrap_or(inner);
    let backward = layer.inner(other, "backward_layer.");
    let way = |backwards: bool| Way {
        backwards,
        // The second comes back from the end.
        turned: false,
        // Keras has zeros where a sequence is masked, whatever the layers say.
        zeros: sequences,
        sequences,
        stateful: forward.flag("stateful", layer.flag("stateful", false)),
    };
    let scope = graph.scope.clone();
    let mut part = |layer: &Layer<'_>, name: &str, way: Way| {
        graph.scope = format!("{scope}/{name}");
        let result = one(graph, layer, flow.clone(), layer.class, way);
        graph.scope.clone_from(&scope);
        result
    };
    let forward = part(&forward, "forward", way(false))?;
    let backward = part(&backward, "backward", way(true))?;
    let backward = backward.ordered(graph, forward.order.clone());
    let names = [forward.name.as_str(), backward.name.as_str()];
    let last = forward.axis(forward.last()) as i64;
    let name = match layer.get("merge_mode").and_then(Value::as_str) {
        Some("concat") => graph.node("Concat", &names, vec![int("axis", last)]),
        Some("sum") => graph.node("Add", &names, Vec::new()),
        Some("mul") => graph.node("Mul", &names, Vec::new()),
        Some("ave") => graph.node("Mean", &names, Vec::new()),
        None if !layer.says("merge_mode") => graph.node("Concat", &names, vec![int("axis", last)]),
        _ => return Err("merge_mode: expected concat, sum, mul or ave".to_owned()),
    };
    Ok(forward.with(name))
}

/// How a layer goes over the steps.
#[derive(Clone, Copy)]
struct Way {
    backwards: bool,
    /// Whether what comes out is the other way round than what went in.
    turned: bool,
    /// Whether a masked step is 0, and not what was before.
    zeros: bool,
    sequences: bool,
    stateful: bool,
}

impl Way {
    /// As a layer says it that is by itself.
    fn of(layer: &Layer<'_>) -> Self {
        let backwards = layer.flag("go_backwards", false);
        Way {
            backwards,
            turned: backwards,
            zeros: layer.flag("zero_output_for_mask", false),
            sequences: layer.flag("return_sequences", false),
            stateful: layer.flag("stateful", false),
        }
    }
}

/// How a layer begins, and what becomes of its state.
struct State {
    /// Its arrays before the first step, `(1, batch, units)`; without them it begins with zeros.
    before: Vec<String>,
    /// The same behind the last step.
    after: Vec<String>,
}

fn one(
    graph: &mut Graph,
    layer: &Layer<'_>,
    flow: Flow,
    class: &str,
    way: Way,
) -> Result<Flow, String> {
    let cell = cell(graph, layer, class)?;
    let mask = flow.mask.clone();
    let flow = flow.ordered(graph, vec![1, 0, 2]);
    let mut state = match way.stateful {
        true => given(graph, &cell)?,
        false => State {
            before: Vec::new(),
            after: Vec::new(),
        },
    };
    let name = match &mask {
        Some(mask) => scan(graph, &cell, &mut state, &flow.name, mask, way),
        None => whole(graph, &cell, &mut state, &flow.name, way),
    };
    if way.stateful {
        kept(graph, &cell, &state);
    }
    if !way.sequences {
        return Ok(Flow::new(name, 2));
    }
    let name = match way.turned {
        true => {
            let [start, end, axis, step] = [-1, i64::MIN, 0, -1].map(|n| graph.whole(&[n]));
            graph.node("Slice", &[&name, &start, &end, &axis, &step], Vec::new())
        }
        false => name,
    };
    Ok(Flow {
        order: vec![1, 0, 2],
        mask,
        ..Flow::new(name, 3)
    })
}

/// The names of the arrays of a state.
const STATES: [&str; 2] = ["h", "c"];

/// A state that the caller gives; zeros if he does not.
fn given(graph: &mut Graph, cell: &Cell) -> Result<State, String> {
    let Some(batch) = graph.batch else {
        return Err("stateful = true without a fixed size of a batch".to_owned());
    };
    let units = cell.units as usize;
    let count = batch.checked_mul(units).filter(|&count| count < 1 << 24);
    let count = count.ok_or_else(|| format!("a batch of {batch} is too large for its state"))?;
    let first = graph.whole(&[0]);
    let mut before = Vec::new();
    for state in STATES.iter().take(cell.states) {
        let name = format!("{}.{state}", graph.scope);
        let zeros = vec![0; count * 4];
        graph.optional_input(&name, &[batch, units], zeros);
        before.push(graph.node("Unsqueeze", &[&name, &first], Vec::new()));
    }
    Ok(State {
        before,
        after: Vec::new(),
    })
}

/// Gives the caller the state behind the last step.
fn kept(graph: &mut Graph, cell: &Cell, state: &State) {
    let first = graph.whole(&[0]);
    for (state, after) in STATES.iter().zip(&state.after) {
        let name = format!("{}.next_{state}", graph.scope);
        let output = std::slice::from_ref(&name);
        graph.push("Squeeze", &[after, &first], output, Vec::new());
        let batch = graph.batch.unwrap_or_default();
        let axes = vec![size(batch), size(cell.units as usize)];
        graph.outputs.push(info(&name, FLOAT, axes));
    }
}

/// All steps by the operator: `(steps, batch, units)`, or of the last one `(batch, units)`.
fn whole(graph: &mut Graph, cell: &Cell, state: &mut State, x: &str, way: Way) -> String {
    let mut inputs = vec![x];
    inputs.extend(cell.inputs.iter().map(String::as_str));
    if !state.before.is_empty() {
        // Without a bias its place is empty, as is that of the lengths.
        inputs.resize(5, "");
        inputs.extend(state.before.iter().map(String::as_str));
    }
    let mut attributes = cell.attributes.clone();
    if way.backwards {
        attributes.push(text("direction", "reverse"));
    }
    let all = graph.fresh(cell.op);
    if way.stateful {
        state.after = names(graph, cell, "after");
    } else if !way.sequences {
        state.after = vec![graph.fresh("last")];
    }
    let mut outputs = vec![if way.sequences {
        all.clone()
    } else {
        String::new()
    }];
    outputs.extend(state.after.iter().cloned());
    graph.push(cell.op, &inputs, &outputs, attributes);
    last_or_all(graph, &all, &state.after, way)
}

/// Without the axis of the directions: of a state the first, of the steps the second.
fn last_or_all(graph: &mut Graph, all: &str, state: &[String], way: Way) -> String {
    let axis = graph.whole(&[i64::from(way.sequences)]);
    let output = match way.sequences {
        true => all,
        false => state.first().map(String::as_str).unwrap_or_default(),
    };
    graph.node("Squeeze", &[output, &axis], Vec::new())
}

/// A name for each array of the state.
fn names(graph: &mut Graph, cell: &Cell, what: &str) -> Vec<String> {
    (0..cell.states).map(|_| graph.fresh(what)).collect()
}

/// The same, with a state that a masked step keeps.
fn scan(
    graph: &mut Graph,
    cell: &Cell,
    state: &mut State,
    x: &str,
    mask: &str,
    way: Way,
) -> String {
    // (batch, steps) -> (steps, batch, 1)
    let mask = graph.node("Transpose", &[mask], vec![ints("perm", &[1, 0])]);
    let end = graph.whole(&[-1]);
    let mask = graph.node("Unsqueeze", &[&mask, &end], Vec::new());
    if state.before.is_empty() {
        let (one, units) = (graph.whole(&[1]), graph.whole(&[cell.units]));
        let batch = vec![int("start", 1), int("end", 2)];
        let batch = graph.node("Shape", &[x], batch);
        let shape = graph.node("Concat", &[&one, &batch, &units], vec![int("axis", 0)]);
        let zeros = graph.node("ConstantOfShape", &[&shape], Vec::new());
        state.before = vec![zeros; cell.states];
    }
    let body = step(graph, cell, way);
    let mut attributes = vec![subgraph("body", body), int("num_scan_inputs", 2)];
    if way.backwards {
        attributes.push(ints("scan_input_directions", &[1, 1]));
        attributes.push(ints("scan_output_directions", &[1]));
    }
    let mut inputs: Vec<&str> = state.before.iter().map(String::as_str).collect();
    inputs.extend([x, &mask]);
    state.after = names(graph, cell, "after");
    let all = graph.fresh("Scan");
    let mut outputs = state.after.clone();
    outputs.push(all.clone());
    graph.push("Scan", &inputs, &outputs, attributes);
    last_or_all(graph, &all, &state.after, way)
}

/// One step: the operator on a sequence of one, and what was before where it does not count.
fn step(graph: &mut Graph, cell: &Cell, way: Way) -> GraphProto {
    let (before, after) = (names(graph, cell, "before"), names(graph, cell, "kept"));
    let [step, counts, output] = ["step", "counts", "hidden"].map(|name| graph.fresh(name));
    let (node, ()) = graph.inside(|graph| {
        let first = graph.whole(&[0]);
        let step = graph.node("Unsqueeze", &[&step, &first], Vec::new());
        let mut inputs = vec![step.as_str()];
        inputs.extend(cell.inputs.iter().map(String::as_str));
        inputs.resize(5, "");
        inputs.extend(before.iter().map(String::as_str));
        let mut outputs = vec![String::new()];
        outputs.extend(names(graph, cell, "next"));
        graph.push(cell.op, &inputs, &outputs, cell.attributes.clone());
        for ((next, before), after) in outputs.iter().skip(1).zip(&before).zip(&after) {
            let kept = std::slice::from_ref(after);
            graph.push("Where", &[&counts, next, before], kept, Vec::new());
        }
        let hidden = after.first().map(String::as_str).unwrap_or_default();
        let output = std::slice::from_ref(&output);
        match way.zeros {
            true => {
                let zero = graph.number(0.0);
                graph.push("Where", &[&counts, hidden, &zero], output, Vec::new());
            }
            false => graph.push("Identity", &[hidden], output, Vec::new()),
        }
    });
    let of = |name: &str, kind: i32, rank: usize| {
        info(name, kind, vec![DimensionProto::default(); rank])
    };
    let mut input: Vec<ValueInfoProto> = before.iter().map(|n| of(n, FLOAT, 3)).collect();
    input.extend([of(&step, FLOAT, 2), of(&counts, BOOL, 2)]);
    let states = after.iter().chain([&output]);
    GraphProto {
        node,
        name: graph.fresh("steps"),
        input,
        output: states.map(|n| of(n, FLOAT, 3)).collect(),
        ..GraphProto::default()
    }
}

/// The operator of a layer, with its weights.
fn cell(graph: &mut Graph, layer: &Layer<'_>, class: &str) -> Result<Cell, String> {
    let after = layer.flag("reset_after", true);
    let (op, gates, states): (_, &[usize], _) = match class {
        "LSTM" => ("LSTM", &[0, 3, 1, 2], 2),
        "GRU" => ("GRU", &[0, 1, 2], 1),
        "SimpleRNN" => ("RNN", &[0], 1),
        class => return Err(format!("{class} has no operator in ONNX")),
    };
    let kernel = layer.array("kernel", 2)?;
    let recurrent = layer.array("recurrent_kernel", 2)?;
    let units = recurrent.shape.first().copied().unwrap_or(0);
    if kernel.shape.last() != Some(&(units * gates.len())) {
        return Err(format!("`kernel` has the shape {:?}", kernel.shape));
    }
    let mut inputs = vec![
        rows(graph, "kernel", kernel, gates, units),
        rows(graph, "recurrent_kernel", recurrent, gates, units),
    ];
    if layer.flag("use_bias", true) {
        let bias = layer.find("bias").ok_or("the file has no `bias` of it")?;
        // Two biases, of what comes in and of the state; Keras has both of a GRU with `reset_after` only.
        let (one, two) = bias
            .values
            .split_at(bias.values.len().min(units * gates.len()));
        let mut values = in_gates(one, gates, units);
        match two.is_empty() {
            true => values.resize(values.len() * 2, 0.0),
            false => values.extend(in_gates(two, gates, units)),
        }
        inputs.push(graph.floats("bias", &[1, values.len()], &values));
    }
    let mut attributes = vec![int("hidden_size", units as i64)];
    if op == "GRU" {
        attributes.push(int("linear_before_reset", i64::from(after)));
    }
    attributes.extend(activations(layer, op)?);
    let units = units as i64;
    Ok(Cell {
        op,
        inputs,
        attributes,
        units,
        states,
    })
}

/// (in, gates units) -> (1, gates units, in)
fn rows(graph: &mut Graph, name: &str, array: &Array, gates: &[usize], units: usize) -> String {
    let values = transposed(&array.shape, &array.values, &[1, 0]);
    let input = array.shape.first().copied().unwrap_or(0);
    let values = in_gates(&values, gates, units * input);
    graph.floats(name, &[1, units * gates.len(), input], &values)
}

/// Blocks of such a length in the order of ONNX's gates.
fn in_gates(values: &[f32], gates: &[usize], length: usize) -> Vec<f32> {
    let block = |&gate: &usize| values.get(gate * length..(gate + 1) * length);
    gates.iter().filter_map(block).flatten().copied().collect()
}

/// The functions of the gates, and of what comes out.
fn activations(layer: &Layer<'_>, op: &str) -> Result<Vec<AttributeProto>, String> {
    let of = |key: &str, default: &'static str| {
        let word = layer.get(key);
        // `None` is linear.
        let default = if layer.says(key) { "linear" } else { default };
        let name = match word {
            Some(word) => name_of(word).ok_or_else(|| format!("{key} = {word} is no function"))?,
            None => default,
        };
        let alphas: (&str, &[f32], &[f32]) = match name {
            "sigmoid" => ("Sigmoid", &[], &[]),
            "tanh" => ("Tanh", &[], &[]),
            "relu" => ("Relu", &[], &[]),
            "softplus" => ("Softplus", &[], &[]),
            "softsign" => ("Softsign", &[], &[]),
            "linear" => ("Affine", &[1.0], &[0.0]),
            "elu" => ("Elu", &[1.0], &[]),
            "leaky_relu" => ("LeakyRelu", &[0.2], &[]),
            "hard_sigmoid" => ("HardSigmoid", &[1.0 / 6.0], &[0.5]),
            "hard_sigmoid_keras2" => ("HardSigmoid", &[0.2], &[0.5]),
            "sparse_sigmoid" => ("HardSigmoid", &[0.5], &[0.5]),
            name => {
                return Err(format!(
                    "{key} = {name:?} is none of the functions that the operator {op} of ONNX has"
                ));
            }
        };
        Ok(alphas)
    };
    let output = of("activation", "tanh")?;
    let functions = match op {
        "LSTM" => vec![of("recurrent_activation", "sigmoid")?, output, output],
        "GRU" => vec![of("recurrent_activation", "sigmoid")?, output],
        _ => vec![output],
    };
    let names: Vec<&str> = functions.iter().map(|(name, ..)| *name).collect();
    let alphas: Vec<f32> = functions.iter().flat_map(|(_, a, _)| *a).copied().collect();
    let betas: Vec<f32> = functions.iter().flat_map(|(.., b)| *b).copied().collect();
    let mut attributes = vec![texts("activations", &names)];
    for (name, values) in [("activation_alpha", alphas), ("activation_beta", betas)] {
        if !values.is_empty() {
            attributes.push(floats(name, &values));
        }
    }
    Ok(attributes)
}
