//! From a float LSTM to the numbers of a whole one: scales, weights, and what calibration has to see.

use super::GATES;
use crate::arithmetic::{Scale, round};
use crate::op::Lstm;

/// The power `p` of the cell's scale `2^p`, for cells up to `range`: `ceil(log2(range)) - 15`, from -15 to -9.
///
/// With 9 bits behind the point (`p` = -9) a cell reaches 64; beyond it stops there, where its tanh has long been 1.
#[must_use]
pub const fn cell_power(range: f32) -> i8 {
    let mut bits = 0;
    while bits < 6 && range > (1 << bits) as f32 {
        bits += 1;
    }
    bits - 15
}

/// The weights of a gate (0 to 3: i, f, g, o) and their scale: from Keras's `kernel` or `recurrent_kernel`, `[rows][4 * units]`,
/// to TFLite's `[unit][row]`.
///
/// `q = round(w / scale)` with `scale = max(abs(w)) / 127` over the gate's whole matrix; 1 where all are 0.
pub fn quantize_gate(kernel: &[f32], units: usize, gate: usize, out: &mut [i8]) -> f32 {
    let rows = kernel.len() / (GATES * units).max(1);
    let weight = |row: usize, unit: usize| {
        kernel
            .get(row * GATES * units + gate * units + unit)
            .map_or(0.0, |w| *w)
    };
    let all = (0..rows).flat_map(|row| (0..units).map(move |unit| (row, unit)));
    let largest = all.fold(0_f32, |m, (row, unit)| m.max(weight(row, unit).abs()));
    let scale = if largest > 0.0 && largest.is_finite() {
        largest / 127.0
    } else {
        1.0
    };
    for (unit, out) in out.chunks_mut(rows.max(1)).take(units).enumerate() {
        for (row, to) in out.iter_mut().enumerate() {
            *to = round(weight(row, unit) / scale).clamp(-127, 127) as i8;
        }
    }
    scale
}

/// The bias of a gate (0 to 3), from Keras's `bias` `[4 * units]`: `round(b / (input.scale * kernel_scale))`; 0 where it has none.
pub fn quantize_bias(
    bias: &[f32],
    units: usize,
    gate: usize,
    input: Scale,
    kernel_scale: f32,
    out: &mut [i32],
) {
    let scale = input.scale * kernel_scale;
    for (unit, to) in out.iter_mut().take(units).enumerate() {
        *to = bias
            .get(gate * units + unit)
            .map_or(0, |b| round(b / scale));
    }
}

/// A float LSTM as Keras has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Float<'a> {
    /// `[inputs][4 * units]`.
    pub kernel: &'a [f32],
    /// `[units][4 * units]`.
    pub recurrent_kernel: &'a [f32],
    /// `[4 * units]`, or nothing.
    pub bias: &'a [f32],
}

/// Calls `see(h, c)` with state and cell of each step of a sample `x`, for calibration.
///
/// `memory` has `6 * units` values; `sigmoid` and `tanh` are given, as there is no library of functions here. With too short arrays,
/// `see` is not called.
pub fn float_steps(
    l: &Lstm,
    weights: &Float<'_>,
    x: &[f32],
    memory: &mut [f32],
    sigmoid: impl Fn(f32) -> f32,
    tanh: impl Fn(f32) -> f32,
    mut see: impl FnMut(&[f32], &[f32]),
) {
    let width = GATES * l.units;
    let Some((h, rest)) = memory.split_at_mut_checked(l.units) else {
        return;
    };
    let Some((c, rest)) = rest.split_at_mut_checked(l.units) else {
        return;
    };
    let Some(gates) = rest.get_mut(..width) else {
        return;
    };
    h.fill(0.0);
    c.fill(0.0);
    for x in x.chunks_exact(l.inputs.max(1)).take(l.steps) {
        gates.fill(0.0);
        add(gates, weights.bias, 1.0);
        for (x, row) in x.iter().zip(weights.kernel.chunks_exact(width.max(1))) {
            add(gates, row, *x);
        }
        for (h, row) in h
            .iter()
            .zip(weights.recurrent_kernel.chunks_exact(width.max(1)))
        {
            add(gates, row, *h);
        }
        for (unit, (h, c)) in h.iter_mut().zip(c.iter_mut()).enumerate() {
            let gate = |k: usize| gates.get(k * l.units + unit).map_or(0.0, |a| *a);
            *c = sigmoid(gate(1)) * *c + sigmoid(gate(0)) * tanh(gate(2));
            *h = sigmoid(gate(3)) * tanh(*c);
        }
        see(h, c);
    }
}

fn add(to: &mut [f32], row: &[f32], factor: f32) {
    for (to, w) in to.iter_mut().zip(row) {
        *to += factor * w;
    }
}
