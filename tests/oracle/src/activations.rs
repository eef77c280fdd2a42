//! Keras's activations, each from its definition.

use crate::sides::side;
use crate::tape::Var;

/// The activations, by Keras's names; the functions that have arguments are below.
#[rustfmt::skip]
pub const NAMES: &[&str] = &[
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "sigmoid", "hard_sigmoid",
    "hard_sigmoid_keras2", "hard_silu", "hard_swish", "hard_tanh", "tanh", "tanh_shrink", "hard_shrink", "soft_shrink", "softmax",
    "log_softmax", "sparsemax", "softplus", "sparse_plus", "softsign", "sparse_sigmoid", "log_sigmoid", "exponential", "mish",
    "squareplus",
];

/// An activation of rows of so many values: those that look at a whole row look at the last axis.
pub fn activation(name: &str, x: &[Var], width: usize) -> Vec<Var> {
    let by_rows = |f: fn(&[Var]) -> Vec<Var>| x.chunks(width).flat_map(f).collect();
    match name {
        "softmax" => by_rows(softmax),
        "log_softmax" => by_rows(log_softmax),
        "sparsemax" => by_rows(sparsemax),
        name => x.iter().map(|&x| of_one(name, x)).collect(),
    }
}

/// An activation of single values.
pub fn of_one(name: &str, x: Var) -> Var {
    match name {
        "linear" => x,
        "relu" => relu(x, 0.0, None, 0.0),
        "relu6" => relu(x, 0.0, Some(6.0), 0.0),
        "leaky_relu" => leaky_relu(x, 0.2),
        "elu" | "celu" => elu(x, 1.0),
        // At 0, where a weight that is kept from being negative may bring it, TensorFlow has the slope of the right side.
        "selu" => {
            let y = match side(x.value(), 0.0) >= 0.0 {
                true => x,
                false => below_zero(x, 1.673_263_242_354_377_2),
            };
            1.050_700_987_355_480_5 * y
        }
        "gelu" => 0.5 * x * (1.0 + (x * std::f64::consts::FRAC_1_SQRT_2).erf()),
        "silu" | "swish" => x * sigmoid(x),
        "sigmoid" => sigmoid(x),
        "hard_sigmoid" => hard_sigmoid(x),
        "hard_sigmoid_keras2" => clip(0.2 * x + 0.5, 0.0, 1.0),
        "hard_silu" | "hard_swish" => x * hard_sigmoid(x),
        "hard_tanh" => clip(x, -1.0, 1.0),
        "tanh" => x.tanh(),
        "tanh_shrink" => x - x.tanh(),
        "hard_shrink" => if_else(side(x.value().abs(), 0.5) > 0.0, x, Var::ZERO),
        "soft_shrink" => match sides(x, -0.5, 0.5) {
            (_, above) if above > 0.0 => x - 0.5,
            (below, _) if below < 0.0 => x + 0.5,
            _ => Var::ZERO,
        },
        "softplus" => softplus(x),
        "sparse_plus" => match sides(x, -1.0, 1.0) {
            (below, _) if below <= 0.0 => Var::ZERO,
            (_, above) if above < 0.0 => 0.25 * (x + 1.0).square(),
            _ => x,
        },
        "softsign" => x / (1.0 + x.abs()),
        "sparse_sigmoid" => clip(0.5 * (x + 1.0), 0.0, 1.0),
        "log_sigmoid" => -softplus(-x),
        "exponential" => x.exp(),
        "mish" => x * softplus(x).tanh(),
        "squareplus" => 0.5 * (x + (x.square() + 4.0).sqrt()),
        other => panic!("no activation {other}"),
    }
}

/// Where a function of single values has no derivative, or jumps: near these a rounded number may be on the other side.
pub fn kinks(name: &str) -> &'static [f64] {
    match name {
        "relu" | "leaky_relu" | "selu" => &[0.0],
        "relu6" => &[0.0, 6.0],
        "hard_sigmoid" | "hard_silu" | "hard_swish" => &[-3.0, 3.0],
        "hard_sigmoid_keras2" => &[-2.5, 2.5],
        "hard_tanh" | "sparse_sigmoid" => &[-1.0, 1.0],
        "hard_shrink" | "soft_shrink" => &[-0.5, 0.5],
        _ => &[],
    }
}

fn if_else(condition: bool, then: Var, otherwise: Var) -> Var {
    if condition { then } else { otherwise }
}

/// On which sides of two bounds a number is.
fn sides(x: Var, low: f64, high: f64) -> (f64, f64) {
    (side(x.value(), low), side(x.value(), high))
}

/// Within bounds; beyond them there is no derivative.
pub fn clip(x: Var, low: f64, high: f64) -> Var {
    match sides(x, low, high) {
        (below, _) if below < 0.0 => Var::constant(low),
        (_, above) if above > 0.0 => Var::constant(high),
        _ => x,
    }
}

/// `1 / (1 + exp(-x))`
pub fn sigmoid(x: Var) -> Var {
    let value = 1.0 / (1.0 + (-x.value()).exp());
    x.saturating(value, |y| y * (1.0 - y))
}

/// `ln(1 + exp(x))`
pub fn softplus(x: Var) -> Var {
    let v = x.value();
    x.function(v.max(0.0) + (-v.abs()).exp().ln_1p(), sigmoid(x).value())
}

fn hard_sigmoid(x: Var) -> Var {
    clip((x + 3.0) / 6.0, 0.0, 1.0)
}

/// Keras's `leaky_relu` and layer `LeakyReLU`.
pub fn leaky_relu(x: Var, negative_slope: f64) -> Var {
    if_else(side(x.value(), 0.0) > 0.0, x, negative_slope * x)
}

/// Keras's `elu` and layer `ELU`.
pub fn elu(x: Var, alpha: f64) -> Var {
    match side(x.value(), 0.0) > 0.0 {
        true => x,
        false => below_zero(x, alpha),
    }
}

/// What `elu` is there.
fn below_zero(x: Var, alpha: f64) -> Var {
    let v = x.value();
    x.function(alpha * v.exp_m1(), alpha * v.exp())
}

/// Keras's layer `ReLU`, and its function with arguments.
pub fn relu(x: Var, negative_slope: f64, max_value: Option<f64>, threshold: f64) -> Var {
    let most = max_value.map(|max| (max, side(x.value(), max)));
    let is_above = side(x.value(), threshold) > 0.0;
    match most {
        Some((max, above)) if above >= 0.0 => Var::constant(max),
        _ if is_above => x,
        _ => negative_slope * (x - threshold),
    }
}

/// Softmax of a row.
pub fn softmax(row: &[Var]) -> Vec<Var> {
    log_softmax(row).into_iter().map(Var::exp).collect()
}

/// The logarithms of the softmax of a row.
pub fn log_softmax(row: &[Var]) -> Vec<Var> {
    let sum = log_sum_exp(row);
    row.iter().map(|&x| x - sum).collect()
}

/// `ln(sum(exp(x)))`; minus infinity of nothing.
pub fn log_sum_exp(row: &[Var]) -> Var {
    let largest = row
        .iter()
        .map(|x| x.value())
        .fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return Var::constant(largest);
    }
    let sum: Var = row.iter().map(|&x| (x - largest).exp()).sum();
    sum.ln() + largest
}

/// Sparsemax of a row as Keras 3.15 computes it: what is in the support is counted by the sorted row's own condition.
pub fn sparsemax(row: &[Var]) -> Vec<Var> {
    let mut sorted = row.to_vec();
    sorted.sort_by(|a, b| b.value().total_cmp(&a.value()));
    let (mut sum, mut total, mut count) = (Var::ZERO, Var::ZERO, 0.0);
    for (i, &x) in sorted.iter().enumerate() {
        sum += x;
        if side(x.value(), (sum.value() - 1.0) / (i + 1) as f64) > 0.0 {
            // Keras adds up the sums, not the values.
            total += sum;
            count += 1.0;
        }
    }
    let tau = (total - 1.0) / count;
    row.iter().map(|&x| (x - tau).max(0.0)).collect()
}
