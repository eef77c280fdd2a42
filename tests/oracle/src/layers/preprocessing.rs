//! Layers that prepare data.

use crate::call::Call;
use crate::layers::{axes, whole};
use crate::run::{Fill, Run};
use crate::sides::side;
use crate::tape::Var;
use crate::tensor::Tensor;

/// `x * scale + offset`, by one number or by one for each of the last axis.
pub fn rescaling(call: &Call, x: Tensor) -> Tensor {
    let (scale, offset) = (
        call.some_numbers("scale").expect("a scale"),
        call.some_numbers("offset").unwrap_or(vec![0.0]),
    );
    let width = x.width();
    let of = |numbers: &[f64], i: usize| {
        if numbers.len() == 1 {
            numbers[0]
        } else {
            numbers[i % width]
        }
    };
    let values = x
        .values
        .iter()
        .enumerate()
        .map(|(i, x)| *x * of(&scale, i) + of(&offset, i));
    Tensor {
        values: values.collect(),
        shape: x.shape.clone(),
    }
}

/// `(x - mean) / sqrt(variance)`, of each place on some axes.
pub fn normalization(call: &Call, x: Tensor, run: &mut Run<'_>) -> Tensor {
    let along = match call.names().any(|name| name == "axis") && call.get("axis").is_none() {
        true => Vec::new(),
        false => axes(call, "axis", -1, x.shape.len()),
    };
    let shape: Vec<usize> = along.iter().map(|axis| x.shape[*axis]).collect();
    let (mean, variance) = match (call.some_numbers("mean"), call.some_numbers("variance")) {
        (Some(mean), Some(variance)) => (mean, variance),
        _ => {
            let mean = run.state("mean", &shape, Fill::Around(0.0, 0.5));
            let variance = run.state("variance", &shape, Fill::Around(1.0, 0.5));
            run.state("count", &[], Fill::Just(0.0));
            (mean, variance)
        }
    };
    let is_inverted = call.flag("invert", false);
    Tensor::made(&x.shape, |at| {
        let place = along
            .iter()
            .zip(&shape)
            .fold(0, |place, (axis, len)| place * len + at[*axis]);
        let of = |numbers: &[f64]| {
            if numbers.len() == 1 {
                numbers[0]
            } else {
                numbers[place]
            }
        };
        let deviation = of(&variance).sqrt().max(1e-7);
        match is_inverted {
            true => x.at(at) * deviation + of(&mean),
            false => (x.at(at) - of(&mean)) / deviation,
        }
    })
}

/// Numbers of categories as vectors.
fn encoded(mode: &str, tokens: &Tensor, size: usize, weight: impl Fn(usize) -> f64) -> Tensor {
    let of = |token: &Var| token.value() as usize;
    if mode == "one_hot" {
        let mut shape = tokens.shape.clone();
        if shape.last() != Some(&1) || shape.len() == 1 {
            shape.push(0);
        }
        *shape.last_mut().expect("an axis") = size;
        let row = |token: &Var| {
            (0..size)
                .map(|i| Var::constant(f64::from(u8::from(i == of(token)))))
                .collect::<Vec<_>>()
        };
        return Tensor {
            values: tokens.values.iter().flat_map(row).collect(),
            shape,
        };
    }
    let mut shape = tokens.shape.clone();
    *shape.last_mut().expect("an axis") = size;
    let row = |row: &[Var]| {
        let count = |i: usize| row.iter().filter(|token| of(token) == i).count() as f64;
        let value = |i: usize| match mode {
            "multi_hot" => count(i).min(1.0),
            "tf_idf" => count(i) * weight(i),
            _ => count(i),
        };
        (0..size)
            .map(|i| Var::constant(value(i)))
            .collect::<Vec<_>>()
    };
    Tensor {
        values: tokens.values.chunks(tokens.width()).flat_map(row).collect(),
        shape,
    }
}

/// Tokens as vectors.
pub fn category_encoding(call: &Call, x: Tensor) -> Tensor {
    encoded(
        call.text("output_mode", "multi_hot"),
        &x,
        call.must("num_tokens"),
        |_| 1.0,
    )
}

/// The number of the interval that a value is in.
pub fn discretization(call: &Call, x: Tensor) -> Tensor {
    let ends = call.some_numbers("bin_boundaries").expect("boundaries");
    let tokens = x.map(|x| {
        Var::constant(
            ends.iter()
                .filter(|end| side(x.value(), **end) >= 0.0)
                .count() as f64,
        )
    });
    match call.text("output_mode", "int") {
        "int" => tokens,
        mode => encoded(mode, &tokens, ends.len() + 1, |_| 1.0),
    }
}

/// The place of a token in a vocabulary.
pub fn integer_lookup(call: &Call, x: Tensor) -> Tensor {
    let vocabulary = call.some_wholes("vocabulary").expect("a vocabulary");
    let mode = call.text("output_mode", "int");
    let padding = call.get("mask_token").map(whole).filter(|_| mode == "int");
    let unknown = call.whole("num_oov_indices", 1);
    let first = usize::from(padding.is_some());
    let tokens = x.map(|x| {
        let token = x.value() as i64;
        let place = match vocabulary.iter().position(|known| *known == token) {
            _ if padding == Some(token) => 0,
            Some(place) => first + unknown + place,
            None if unknown == 1 => first,
            None => first + token.rem_euclid(unknown as i64) as usize,
        };
        Var::constant(place as f64)
    });
    match mode {
        "int" => tokens,
        mode => {
            let weights = call.some_numbers("idf_weights").unwrap_or_default();
            let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
            encoded(mode, &tokens, unknown + vocabulary.len(), |i| {
                if i < unknown {
                    mean
                } else {
                    weights[i - unknown]
                }
            })
        }
    }
}
