//! Layers that read a sequence step by step.

use crate::call::{Call, Value};
use crate::layers::convolution::{Window, convolve};
use crate::layers::{activation, axes_of};
use crate::run::{Fill, Run, snake};
use crate::tape::Var;
use crate::tensor::Tensor;

/// A step: what the layer is given, the states before, the states after; the first one is the output.
type Step<'a> = dyn Fn(&Tensor, &[Tensor]) -> Vec<Tensor> + 'a;

/// Steps one after the other, as Keras's `backend.rnn` has it.
fn steps(
    call: &Call,
    x: &Tensor,
    mut states: Vec<Tensor>,
    mask: Option<Vec<bool>>,
    step: &Step<'_>,
) -> (Tensor, Vec<Tensor>) {
    let (batch, len) = (x.batch(), x.shape[1]);
    let size: usize = x.shape[2..].iter().product();
    let zeros = call.flag("zero_output_for_mask", false);
    let mut outputs: Vec<Tensor> = Vec::new();
    let mut before = Tensor::zeros(&states[0].shape);
    for t in 0..len {
        let t = if call.flag("go_backwards", false) {
            len - 1 - t
        } else {
            t
        };
        let values = (0..batch)
            .flat_map(|s| x.values[(s * len + t) * size..][..size].to_vec())
            .collect();
        let input = Tensor {
            shape: [&[batch], &x.shape[2..]].concat(),
            values,
        };
        let after = step(&input, &states);
        let is_real = |place: usize, of: &Tensor| {
            let sample = place / (of.values.len() / batch);
            mask.as_ref().is_none_or(|mask| mask[sample * len + t])
        };
        let choose = |new: &Tensor, old: &Tensor| {
            let values = (0..new.values.len()).map(|i| {
                if is_real(i, new) {
                    new.values[i]
                } else {
                    old.values[i]
                }
            });
            Tensor {
                values: values.collect(),
                shape: new.shape.clone(),
            }
        };
        let output = choose(&after[0], &before);
        outputs.push(if zeros {
            choose(&after[0], &Tensor::zeros(&output.shape))
        } else {
            output.clone()
        });
        before = output;
        states = after
            .iter()
            .zip(&states)
            .map(|(new, old)| choose(new, old))
            .collect();
    }
    let y = match call.flag("return_sequences", false) {
        false => outputs.pop().expect("a step"),
        true => {
            let each: usize = before.values.len() / batch;
            let values = (0..batch).flat_map(|s| {
                outputs
                    .iter()
                    .flat_map(move |y| y.values[s * each..][..each].to_vec())
            });
            Tensor {
                shape: [&[batch, len], before.sample()].concat(),
                values: values.collect(),
            }
        }
    };
    (y, states)
}

/// The states that a layer begins with: zeros, or what it carries from batch to batch.
fn carried(call: &Call, run: &mut Run<'_>, names: &[&str], shape: &[usize]) -> Vec<Tensor> {
    let one = |name: &&str| match call.flag("stateful", false) {
        true => Tensor::constants(shape, &run.state(name, shape, Fill::Just(0.0))),
        false => Tensor::zeros(shape),
    };
    names.iter().map(one).collect()
}

fn carry_on(call: &Call, run: &mut Run<'_>, names: &[&str], states: &[Tensor]) {
    if call.flag("stateful", false) {
        names
            .iter()
            .zip(states)
            .for_each(|(name, state)| run.set_state(name, state.numbers()));
    }
}

/// A product along the last axis with some columns of a matrix.
fn product(x: &Tensor, kernel: &Tensor, columns: std::ops::Range<usize>) -> Tensor {
    Tensor::made(&[x.batch(), columns.len()], |at| {
        (0..x.width())
            .map(|i| x.at(&[at[0], i]) * kernel.at(&[i, columns.start + at[1]]))
            .sum()
    })
}

fn zip(a: &Tensor, b: &Tensor, f: impl Fn(Var, Var) -> Var) -> Tensor {
    let values = a
        .values
        .iter()
        .zip(&b.values)
        .map(|(a, b)| f(*a, *b))
        .collect();
    Tensor {
        values,
        shape: a.shape.clone(),
    }
}

fn plus(a: &Tensor, b: &Tensor) -> Tensor {
    zip(a, b, |a, b| a + b)
}

fn times(a: &Tensor, b: &Tensor) -> Tensor {
    zip(a, b, |a, b| a * b)
}

/// With a bias for each of the last axis, from some columns of an array.
fn biased(x: Tensor, bias: &[Var]) -> Tensor {
    let width = x.width();
    let values = x
        .values
        .iter()
        .enumerate()
        .map(|(i, x)| *x + bias[i % width]);
    Tensor {
        values: values.collect(),
        shape: x.shape.clone(),
    }
}

/// `LSTM`, `GRU`, `SimpleRNN`.
pub fn layer(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let mask = run.mask_of(x.batch() * x.shape[1]);
    let (units, features) = (call.must("units"), x.width());
    let gates = match call.class.as_str() {
        "LSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let is_reset_after = call.flag("reset_after", true);
    let kernel = run.param(
        call,
        "kernel",
        "kernel",
        &[features, gates * units],
        Fill::Sum(features),
    );
    let recurrent = run.param(
        call,
        "recurrent",
        "recurrent_kernel",
        &[units, gates * units],
        Fill::Sum(2 * units),
    );
    let bias = match gates == 3 && is_reset_after {
        true => run.bias(call, &[2, gates * units]),
        false => run.bias(call, &[gates * units]),
    };
    let columns = |gate: usize| gate * units..(gate + 1) * units;
    let of_bias =
        |row: usize, gate: usize| bias.values[row * gates * units..][columns(gate)].to_vec();
    let of_x =
        |x: &Tensor, gate: usize| biased(product(x, &kernel, columns(gate)), &of_bias(0, gate));
    let of_h = |h: &Tensor, gate: usize| product(h, &recurrent, columns(gate));
    let inner = |x: Tensor| activation(call, "recurrent_activation", "sigmoid", x);
    let outer = |x: Tensor| activation(call, "activation", "tanh", x);
    let lstm = |x: &Tensor, states: &[Tensor]| {
        let sum = |gate: usize| plus(&of_x(x, gate), &of_h(&states[0], gate));
        let (i, f, g, o) = (inner(sum(0)), inner(sum(1)), outer(sum(2)), inner(sum(3)));
        let c = plus(&times(&f, &states[1]), &times(&i, &g));
        vec![times(&o, &outer(c.clone())), c]
    };
    let gru = |x: &Tensor, states: &[Tensor]| {
        let h = &states[0];
        let of_h = |gate: usize| match is_reset_after {
            true => biased(of_h(h, gate), &of_bias(1, gate)),
            false => of_h(h, gate),
        };
        let (z, r) = (
            inner(plus(&of_x(x, 0), &of_h(0))),
            inner(plus(&of_x(x, 1), &of_h(1))),
        );
        let state = match is_reset_after {
            true => times(&r, &of_h(2)),
            false => product(&times(&r, h), &recurrent, columns(2)),
        };
        let g = outer(plus(&of_x(x, 2), &state));
        vec![plus(&times(&z, h), &zip(&z, &g, |z, g| (1.0 - z) * g))]
    };
    let simple =
        |x: &Tensor, states: &[Tensor]| vec![outer(plus(&of_x(x, 0), &of_h(&states[0], 0)))];
    let (names, step): (&[&str], &Step<'_>) = match call.class.as_str() {
        "LSTM" => (&["h", "c"], &lstm),
        "GRU" => (&["h"], &gru),
        _ => (&["h"], &simple),
    };
    let states = carried(call, run, names, &[x.batch(), units]);
    let (y, states) = steps(call, &x, states, mask, step);
    carry_on(call, run, names, &states);
    y
}

/// `ConvLSTM1D`, `ConvLSTM2D`: an LSTM whose products are convolutions.
pub fn conv_lstm(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let mask = run.mask_of(x.batch() * x.shape[1]);
    let axes = axes_of(&call.class);
    let (filters, channels, image) = (call.must("filters"), x.width(), &x.shape[2..2 + axes]);
    let size = call.sizes("kernel_size", axes, 1);
    let dilation = call.sizes("dilation_rate", axes, 1);
    let window = Window::new(
        image,
        &size,
        &call.sizes("strides", axes, 1),
        &dilation,
        call.text("padding", "valid"),
    );
    let taps: usize = size.iter().product();
    let kernel = run.param(
        call,
        "kernel",
        "kernel",
        &[&size[..], &[channels, 4 * filters]].concat(),
        Fill::Sum(taps * channels),
    );
    let shape = [&size[..], &[filters, 4 * filters]].concat();
    let recurrent = run.param(
        call,
        "recurrent",
        "recurrent_kernel",
        &shape,
        Fill::Sum(2 * taps * filters),
    );
    let bias = run.bias(call, &[4 * filters]);
    let ones = vec![1; axes];
    let same = Window::new(&window.windows, &size, &ones, &ones, "same");
    let step = |x: &Tensor, states: &[Tensor]| {
        let sums = plus(
            &biased(convolve(x, &kernel, &window, 1), &bias.values),
            &convolve(&states[0], &recurrent, &same, 1),
        );
        let gate = |gate: usize| {
            let mut shape = sums.shape.clone();
            *shape.last_mut().expect("an axis") = filters;
            let values = sums
                .values
                .chunks(4 * filters)
                .flat_map(|row| row[gate * filters..][..filters].to_vec());
            Tensor {
                values: values.collect(),
                shape,
            }
        };
        let inner = |x: Tensor| activation(call, "recurrent_activation", "sigmoid", x);
        let outer = |x: Tensor| activation(call, "activation", "tanh", x);
        let (i, f, g, o) = (
            inner(gate(0)),
            inner(gate(1)),
            outer(gate(2)),
            inner(gate(3)),
        );
        let c = plus(&times(&f, &states[1]), &times(&i, &g));
        vec![times(&o, &outer(c.clone())), c]
    };
    let shape = [&[x.batch()], &window.windows[..], &[filters]].concat();
    let states = carried(call, run, &["h", "c"], &shape);
    let (y, states) = steps(call, &x, states, mask, &step);
    carry_on(call, run, &["h", "c"], &states);
    y
}

/// Two layers, one for each direction; the outputs of the second one in the order of the steps.
pub fn bidirectional(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let mask = run.mask.clone();
    let forward = call.some_call("layer").expect("a layer");
    let backward = match call.some_call("backward_layer") {
        Some(layer) => layer.clone(),
        None => forward
            .clone()
            .without("go_backwards")
            .with("go_backwards", !forward.flag("go_backwards", false)),
    };
    let is_sequence = forward.flag("return_sequences", false);
    // Keras sets it in both (`force_zero_output_for_mask`), whatever they say.
    let zeroed = |layer: &Call| {
        layer
            .clone()
            .without("zero_output_for_mask")
            .with("zero_output_for_mask", is_sequence)
    };
    let a = run.named("forward_layer.", &zeroed(forward), x.clone());
    run.mask.clone_from(&mask);
    let mut b = run.named("backward_layer.", &zeroed(&backward), x);
    run.mask = mask.filter(|_| is_sequence);
    if is_sequence {
        let steps = b.shape[1];
        b = Tensor::made(&b.shape.clone(), |at| {
            b.at(&[at[0], steps - 1 - at[1], at[2]])
        });
    }
    match call.text("merge_mode", "concat") {
        "sum" => plus(&a, &b),
        "mul" => times(&a, &b),
        "ave" => zip(&a, &b, |a, b| (a + b) / 2.0),
        _ => {
            let (units, mut shape) = (a.width(), a.shape.clone());
            *shape.last_mut().expect("an axis") = 2 * units;
            let rows = a.values.chunks(units).zip(b.values.chunks(units));
            Tensor {
                values: rows.flat_map(|(a, b)| [a, b].concat()).collect(),
                shape,
            }
        }
    }
}

/// A cell, or several one behind the other.
pub fn rnn(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let as_layer = |cell: &Call, is_last: bool| {
        let mut layer = cell.clone();
        layer.class = cell.class.replace("Cell", "");
        for name in ["go_backwards", "stateful", "zero_output_for_mask"] {
            if let Some(arg) = call.get(name) {
                layer = layer.with(name, arg.clone());
            }
        }
        layer.with(
            "return_sequences",
            !is_last || call.flag("return_sequences", false),
        )
    };
    let cells = match call.get("cell") {
        Some(Value::List(_)) => call.calls("cell"),
        Some(Value::Call(cell)) if cell.class == "StackedRNNCells" => cell.calls("cells"),
        Some(Value::Call(cell)) => return run.layer(&as_layer(cell, true), x),
        other => panic!("{other:?} is no cell"),
    };
    let mut y = x;
    let mut counts = std::collections::BTreeMap::new();
    for (i, cell) in cells.iter().enumerate() {
        let layer = as_layer(cell, i + 1 == cells.len());
        let base = snake(&layer.class);
        let count = counts.entry(base.clone()).or_insert(0);
        *count += 1;
        y = run.named(&format!("{base}_{count}."), &layer, y);
    }
    y
}
