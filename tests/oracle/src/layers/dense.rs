//! Products with a matrix, or a row of one.

use crate::call::{Call, Value};
use crate::layers::activation;
use crate::run::{Fill, Run};
use crate::tape::Var;
use crate::tensor::{Tensor, each};

/// `y = activation(x W + b)` along the last axis.
pub fn dense(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let (inputs, units) = (x.width(), call.must("units"));
    let kernel = run.param(
        call,
        "kernel",
        "kernel",
        &[inputs, units],
        Fill::Sum(inputs),
    );
    let bias = run.bias(call, &[units]);
    let mut shape = x.shape.clone();
    *shape.last_mut().expect("an axis") = units;
    let mut values = Vec::new();
    for row in x.values.chunks(inputs) {
        for unit in 0..units {
            let products = row
                .iter()
                .enumerate()
                .map(|(i, x)| *x * kernel.at(&[i, unit]));
            values.push(products.sum::<Var>() + bias.at(&[unit]));
        }
    }
    activation(call, "activation", "linear", Tensor { shape, values })
}

/// The row of a table for each token.
pub fn embedding(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let (tokens, width) = (call.must("input_dim"), call.must("output_dim"));
    let table = run.param(
        call,
        "embeddings",
        "embeddings",
        &[tokens, width],
        Fill::Around(0.0, 1.0),
    );
    let mask = x.values.iter().map(|token| token.value() != 0.0).collect();
    run.mask = Some(mask).filter(|_| call.flag("mask_zero", false));
    let tokens = x.values.iter().map(|token| token.value() as usize);
    let values = run.look_up(
        "embeddings",
        &table,
        tokens.flat_map(|token| token * width..(token + 1) * width),
    );
    Tensor {
        values,
        shape: [&x.shape[..], &[width]].concat(),
    }
}

/// Sums of products along the axes that an equation names.
pub fn einsum_dense(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let (inputs, kernel, outputs) = axes_of(call.text("equation", ""), x.shape.len());
    let mut sizes = std::collections::BTreeMap::new();
    for (letter, size) in inputs.iter().zip(&x.shape) {
        sizes.insert(*letter, *size);
    }
    let Some(Value::Tuple(given) | Value::List(given)) = call.get("output_shape") else {
        panic!("{call}: no output_shape")
    };
    for (letter, size) in outputs.iter().rev().zip(given.iter().rev()) {
        if let Value::Whole(size) = size {
            sizes.insert(*letter, *size as usize);
        }
    }
    let lens = |letters: &[char]| {
        letters
            .iter()
            .map(|letter| sizes[letter])
            .collect::<Vec<_>>()
    };
    let summed: Vec<char> = inputs
        .iter()
        .filter(|letter| !outputs.contains(letter))
        .copied()
        .collect();
    let terms = lens(&summed).iter().product();
    let weights = run.param(call, "kernel", "kernel", &lens(&kernel), Fill::Sum(terms));
    let biased: Vec<char> = call.text("bias_axes", "").chars().collect();
    let mut biases = lens(&biased);
    // Keras's bias has axes of one behind its first one, where the output has others.
    if let Some(first) = outputs.iter().position(|letter| biased.contains(letter)) {
        let shape = outputs[first..].iter().map(|letter| {
            if biased.contains(letter) {
                sizes[letter]
            } else {
                1
            }
        });
        biases = shape.collect();
    }
    let bias = (!biased.is_empty())
        .then(|| run.param(call, "bias", "bias", &biases, Fill::Around(0.0, 0.3)));
    let y = Tensor::made(&lens(&outputs), |at| {
        let mut sum = Var::ZERO;
        each(&lens(&summed), |k| {
            let place = |letter: &char| match outputs.iter().position(|other| other == letter) {
                Some(axis) => at[axis],
                None => {
                    k[summed
                        .iter()
                        .position(|other| other == letter)
                        .expect("a letter of the input")]
                }
            };
            let (of_x, of_w): (Vec<_>, Vec<_>) = (
                inputs.iter().map(place).collect(),
                kernel.iter().map(place).collect(),
            );
            sum += x.at(&of_x) * weights.at(&of_w);
        });
        let bias = bias.as_ref().map(|bias| {
            let behind = &at[at.len() - bias.shape.len()..];
            let place: Vec<usize> = behind
                .iter()
                .zip(&bias.shape)
                .map(|(at, len)| at % len)
                .collect();
            bias.at(&place)
        });
        sum + bias.unwrap_or(Var::ZERO)
    });
    activation(call, "activation", "linear", y)
}

/// The letters of `"...a,ab->...b"`; those of the points are capitals.
fn axes_of(equation: &str, rank: usize) -> (Vec<char>, Vec<char>, Vec<char>) {
    let (left, outputs) = equation.split_once("->").expect("an arrow");
    let (inputs, kernel) = left.split_once(',').expect("a comma");
    let free = rank + 3 - inputs.len();
    let points: String = if inputs.contains("...") {
        ('A'..='Z').take(free).collect()
    } else {
        String::new()
    };
    let letters = |text: &str| text.replace("...", &points).chars().collect();
    (letters(inputs), letters(kernel), letters(outputs))
}
