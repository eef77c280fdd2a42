//! Layers of single values or rows, and the activations.

use crate::activations::{self, sigmoid, softmax};
use crate::call::{Call, Value};
use crate::layers::{axes, rows};
use crate::run::{Fill, Run};
use crate::sides::side;
use crate::tape::Var;
use crate::tensor::Tensor;

/// The first half of the last axis, each value times the sigmoid of one of the second half.
pub fn glu(x: Tensor) -> Tensor {
    let half = x.width() / 2;
    let mut shape = x.shape.clone();
    *shape.last_mut().expect("an axis") = half;
    let halves = |row: &[Var]| {
        row[..half]
            .iter()
            .zip(&row[half..])
            .map(|(a, b)| *a * sigmoid(*b))
            .collect::<Vec<_>>()
    };
    Tensor {
        shape,
        values: x.values.chunks(2 * half).flat_map(halves).collect(),
    }
}

/// Activations that are layers.
pub fn with_arguments(call: &Call, x: Tensor) -> Tensor {
    match call.class.as_str() {
        "ReLU" => {
            let (slope, threshold) = (
                call.number("negative_slope", 0.0),
                call.number("threshold", 0.0),
            );
            let most = call.some_number("max_value");
            x.map(|x| activations::relu(x, slope, most, threshold))
        }
        "LeakyReLU" => x.map(|x| activations::leaky_relu(x, call.number("negative_slope", 0.3))),
        "ELU" => x.map(|x| activations::elu(x, call.number("alpha", 1.0))),
        "ThresholdedReLU" => {
            let theta = call.number("theta", 1.0);
            x.map(|x| {
                if side(x.value(), theta) > 0.0 {
                    x
                } else {
                    Var::ZERO
                }
            })
        }
        "Softmax" => {
            let along = axes(call, "axis", -1, x.shape.len());
            over(x, &along, softmax)
        }
        other => panic!("{other} is no activation"),
    }
}

/// A function of the values along some axes, for each place on the others.
pub fn over(x: Tensor, along: &[usize], f: impl Fn(&[Var]) -> Vec<Var>) -> Tensor {
    let mut y = x.clone();
    for place in groups(&x.shape, along) {
        let row: Vec<Var> = place.iter().map(|at| x.values[*at]).collect();
        for (at, value) in place.iter().zip(f(&row)) {
            y.values[*at] = value;
        }
    }
    y
}

/// The places of values that differ along these axes alone.
pub fn groups(shape: &[usize], along: &[usize]) -> Vec<Vec<usize>> {
    let mut groups = std::collections::BTreeMap::new();
    let mut place = 0;
    crate::tensor::each(shape, |index| {
        let mut key = index.to_vec();
        along.iter().for_each(|axis| key[*axis] = 0);
        groups.entry(key).or_insert_with(Vec::new).push(place);
        place += 1;
    });
    groups.into_values().collect()
}

/// A slope for each place where a value is negative.
pub fn prelu(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let mut shape = x.sample().to_vec();
    if let Some(Value::Tuple(_) | Value::List(_) | Value::Whole(_)) = call.get("shared_axes") {
        axes(call, "shared_axes", 1, x.shape.len())
            .iter()
            .for_each(|axis| shape[axis - 1] = 1);
    }
    let alpha = run.param(call, "alpha", "alpha", &shape, Fill::Around(0.2, 0.3));
    Tensor::made(&x.shape, |at| {
        let place: Vec<usize> = at[1..]
            .iter()
            .zip(&shape)
            .map(|(at, len)| at % len)
            .collect();
        let x = x.at(at);
        // Keras: `relu(x) - alpha * relu(-x)`, neither of which has a slope at 0.
        match side(x.value(), 0.0) {
            0.0 => Var::ZERO,
            above if above > 0.0 => x,
            _ => x * alpha.at(&place),
        }
    })
}

/// Steps that consist of one value are padding.
pub fn masking(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let padding = call.number("mask_value", 0.0);
    let width = x.width();
    let is_step = |row: &[Var]| row.iter().any(|x| x.value() != padding);
    run.mask = Some(x.values.chunks(width).map(is_step).collect());
    rows(x, width, |row| {
        if is_step(row) {
            row.to_vec()
        } else {
            vec![Var::ZERO; row.len()]
        }
    })
}

/// Nothing but a penalty on the output.
pub fn activity_regularization(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let (l1, l2) = (call.number("l1", 0.0), call.number("l2", 0.0));
    let sum: Var = x
        .values
        .iter()
        .map(|x| x.abs() * l1 + x.square() * l2)
        .sum();
    run.penalties += sum / x.batch() as f64;
    x
}

/// What disturbs a training: of a rate of 0 nothing, else by numbers that kseq draws.
pub fn noise(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let rate = call.number("rate", call.number("stddev", 0.0));
    if !run.training || rate == 0.0 {
        return x;
    }
    let [zeros, ones] = run.noise.expect("the numbers of a random layer")(call, &x.shape, run.step);
    let values = x.values.iter().zip(zeros).zip(ones);
    let values = values
        .map(|((x, zero), one)| *x * (one - zero) + zero)
        .collect();
    Tensor {
        shape: x.shape,
        values,
    }
}

/// The functions that the models have; the gradient is the tape's.
pub fn lambda(call: &Call, x: Tensor) -> Tensor {
    match call.get("function") {
        Some(Value::Rust(text)) if text == "|x| x * x" => x.map(Var::square),
        Some(Value::Rust(text)) if text == "|x| 3.0 * x - 1.0" => x.map(|x| x * 3.0 - 1.0),
        Some(Value::Rust(text)) if text == "|x| x / (1.0 + x * x)" => {
            x.map(|x| x / (x.square() + 1.0))
        }
        other => panic!("{other:?} is no function that is interpreted"),
    }
}
