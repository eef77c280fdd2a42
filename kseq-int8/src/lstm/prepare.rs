//! From a float LSTM to the numbers of a whole one: scales, weights, and what calibration has to see.

use super::layout::GATES;
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
/// `q = round(w / scale)` with `scale = max(abs(w)) / 127` over the gate's whole matrix, at least `least` (see [`least_scale`]; 0 for
/// a recurrent one), and 1 where that would be 0.
pub fn quantize_gate(kernel: &[f32], units: usize, gate: usize, least: f32, out: &mut [i8]) -> f32 {
    let rows = kernel.len() / (GATES * units).max(1);
    let weight = |row: usize, unit: usize| {
        kernel
            .get(row * GATES * units + gate * units + unit)
            .map_or(0.0, |w| *w)
    };
    let all = (0..rows).flat_map(|row| (0..units).map(move |unit| (row, unit)));
    let largest = all.fold(0_f32, |m, (row, unit)| m.max(weight(row, unit).abs()));
    let scale = (largest / 127.0).max(least);
    let scale = if scale > 0.0 && scale.is_finite() {
        scale
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

/// The least scale of a gate's kernel with which its bias is at most 2^30, so that sums have room above it.
#[must_use]
pub fn least_scale(bias: &[f32], units: usize, gate: usize, input: Scale) -> f32 {
    let of_gate = bias.iter().skip(gate * units).take(units);
    let largest = of_gate.fold(0_f32, |m, b| m.max(b.abs()));
    largest / (input.scale * (1 << 30) as f32)
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
/// `memory` has `6 * units` values (state, cell, gates); `sigmoid` and `tanh` are given, as there is no library of functions here. With too short arrays,
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

#[cfg(test)]
mod tests {
    use super::super::{Given, block, lstm, scratch_len};
    use super::*;
    use crate::arithmetic::Scale;
    use crate::op::Op;
    use crate::params::{Layout, Params};
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn the_power_covers_the_cell() {
        let found = [0.0, 0.3, 1.0, 1.01, 2.0, 9.0, 64.0, 1e9, f32::NAN].map(cell_power);
        assert_eq!(found, [-15, -15, -15, -14, -14, -11, -9, -9, -15]);
    }

    #[test]
    fn a_gate_is_a_column_of_keras() {
        // One row, two units: i, i, f, f, g, g, o, o.
        let kernel = [1.0, -2.0, 0.0, 0.0, 0.5, 0.25, f32::MIN_POSITIVE, 0.0];
        let mut out = [9; 2];
        assert_eq!(quantize_gate(&kernel, 2, 0, 0.0, &mut out), 2.0 / 127.0);
        assert_eq!(out, [64, -127]);
        assert_eq!(quantize_gate(&kernel, 2, 1, 0.0, &mut out), 1.0);
        assert_eq!(out, [0, 0]);
        quantize_gate(&kernel, 2, 2, 0.0, &mut out);
        assert_eq!(out, [127, 64]);
        assert_eq!(quantize_gate(&kernel, 2, 2, 0.25, &mut out), 0.25);
        assert_eq!(out, [2, 1]);
        let input = Scale {
            scale: 0.5,
            zero_point: 3,
        };
        let mut bias = [7; 2];
        quantize_bias(&kernel, 2, 0, input, 0.25, &mut bias);
        assert_eq!(bias, [8, -16]);
        quantize_bias(&[], 2, 0, input, 0.25, &mut bias);
        assert_eq!(bias, [0, 0]);
        let least = least_scale(&kernel, 2, 0, input);
        quantize_bias(&kernel, 2, 0, input, least, &mut bias);
        assert_eq!(bias, [1 << 29, -(1 << 30)]);
    }

    /// Numbers between -1 and 1.
    fn draw(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    fn scale(low: f32, high: f32) -> Scale {
        let scale = (high - low) / 255.0;
        let zero_point = (-128.0 - low / scale).round() as i8;
        Scale { scale, zero_point }
    }

    /// A float LSTM, by the rules of this module, is near to the whole one.
    #[test]
    fn a_quantised_one_is_near_to_its_float() {
        let l = Lstm {
            steps: 15,
            inputs: 6,
            units: 10,
            sequences: true,
        };
        let (kernel, recurrent) = (draw(6 * 40, 1), draw(10 * 40, 2));
        let bias = draw(40, 3);
        let weights = Float {
            kernel: &kernel,
            recurrent_kernel: &recurrent,
            bias: &bias,
        };
        let x = draw(15 * 6, 4);
        let (mut steps, mut cell) = (Vec::new(), 0_f32);
        let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
        float_steps(
            &l,
            &weights,
            &x,
            &mut [9.0; 60],
            sigmoid,
            f32::tanh,
            |h, c| {
                steps.extend_from_slice(h);
                cell = c.iter().fold(cell, |m, c| m.max(c.abs()));
            },
        );
        assert_eq!(steps.len(), 150);
        let (input, output) = (scale(-1.0, 1.0), scale(-1.0, 0.98));
        let mut w = [0; 4].map(|_| vec![0; 60]);
        let mut u = [0; 4].map(|_| vec![0; 100]);
        let mut b = [[0; 10]; 4];
        let (mut kernel_scales, mut recurrent_scales) = ([0.0; 4], [0.0; 4]);
        for gate in 0..4 {
            let least = least_scale(&bias, 10, gate, input);
            kernel_scales[gate] = quantize_gate(&kernel, 10, gate, least, &mut w[gate]);
            recurrent_scales[gate] = quantize_gate(&recurrent, 10, gate, 0.0, &mut u[gate]);
            let scale = kernel_scales[gate];
            quantize_bias(&bias, 10, gate, input, scale, &mut b[gate]);
        }
        let given = Given {
            input,
            output,
            hidden: output,
            cell: cell_power(cell),
            clip: 0.0,
            kernels: [0, 1, 2, 3].map(|g| &*w[g]),
            recurrent: [0, 1, 2, 3].map(|g| &*u[g]),
            biases: [0, 1, 2, 3].map(|g| &b[g][..]),
            kernel_scales,
            recurrent_scales,
        };
        let layout = Layout::of(&Op::Lstm(l));
        let mut bytes = vec![0; layout.len()];
        block(&l, &given, &mut bytes);
        let params = Params::of(layout, &bytes);
        let q: Vec<i8> = x.iter().map(|x| input.quantize(*x)).collect();
        let mut y = vec![0; 150];
        lstm(&l, &params, &q, &mut y, &mut vec![0; scratch_len(&l)]);
        for (y, to) in y.iter().zip(steps) {
            assert!((output.dequantize(*y) - to).abs() < 0.03);
        }
    }
}
