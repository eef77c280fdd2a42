//! The block of an LSTM, from TFLite's numbers and back.

use super::layout::{GATES, RATIOS};
use crate::arithmetic::{Scale, quantize_multiplier};
use crate::op::Lstm;
use crate::packing::{packed_len, place};

/// What a `.tflite` file has of an LSTM; the gates are i, f, g, o.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// That of the input.
    pub input: Scale,
    /// That of the output and of the state, which is the input of the next step.
    pub output: Scale,
    /// That of the fifth intermediate, by which the output is computed: the same, where kseq has quantised.
    pub hidden: Scale,
    /// The cell's scale is 2 to this power, from -15 to -9.
    pub cell: i8,
    /// `cell_clip`: the largest cell; 0 for none, as in Keras.
    pub clip: f32,
    /// `W` of each gate, `[unit][input]`.
    pub kernels: [&'a [i8]; GATES],
    /// `U` of each gate, `[unit][unit before]`.
    pub recurrent: [&'a [i8]; GATES],
    /// The bias of each gate, whose scale is that of the input times that of `W`; nothing where there is none.
    pub biases: [&'a [i32]; GATES],
    /// The scale of each `W`.
    pub kernel_scales: [f32; GATES],
    /// The scale of each `U`.
    pub recurrent_scales: [f32; GATES],
}

/// Which of an LSTM's matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// `W`, of the inputs.
    Kernel,
    /// `U`, of the state.
    Recurrent,
}

impl Matrix {
    /// The columns, and where in the block bias and kernel begin.
    fn parts(self, l: &Lstm) -> (usize, usize, usize) {
        let rows = GATES * l.units;
        let kernels = HEAD + 2 * 4 * rows + 4 * RATIOS + RATIOS.next_multiple_of(4);
        match self {
            Matrix::Kernel => (l.inputs, HEAD, kernels),
            Matrix::Recurrent => (
                l.units,
                HEAD + 4 * rows,
                kernels + packed_len(l.inputs, rows),
            ),
        }
    }
}

/// The zero points, and the power of the cell's scale.
const HEAD: usize = 4;

/// Fills an LSTM's block, `Layout::of(&Op::Lstm(..)).len()` bytes, which need not be aligned.
///
/// What is missing in `given` is 0, what does not fit into `out` is left out.
pub fn block(l: &Lstm, given: &Given<'_>, out: &mut [u8]) {
    out.fill(0);
    let cell = given.cell.clamp(-15, -9);
    let head = [
        given.input.zero_point,
        given.output.zero_point,
        given.hidden.zero_point,
        cell,
    ];
    put(out, 0, head.map(|b| b as u8));
    let input = Half {
        matrix: Matrix::Kernel,
        zero: given.input.zero_point,
        weights: given.kernels,
        biases: given.biases,
    };
    let state = Half {
        matrix: Matrix::Recurrent,
        zero: given.output.zero_point,
        weights: given.recurrent,
        biases: [&[]; GATES],
    };
    input.write(l, out);
    state.write(l, out);
    // TFLite's arithmetic, with its roundings to `f32`: what the functions take has the scale 2^-12.
    let gates = (given.kernel_scales.iter()).map(|s| s * given.input.scale * 4096.0);
    let states = (given.recurrent_scales.iter()).map(|s| s * given.output.scale * 4096.0);
    const FRACTION: f64 = 1.0 / 32768.0;
    let output = (FRACTION / f64::from(given.hidden.scale) * FRACTION) as f32;
    let multipliers = HEAD + 2 * 4 * GATES * l.units;
    let shifts = multipliers + 4 * RATIOS;
    let ratios = gates.chain(states).chain([output]);
    for (n, ratio) in ratios.enumerate() {
        let (multiplier, shift) = quantize_multiplier(f64::from(ratio));
        put(out, multipliers + 4 * n, multiplier.to_ne_bytes());
        put(out, shifts + n, [shift as u8]);
    }
    if given.clip > 0.0 {
        // The scale's inverse is a power of two, and a float beyond an `i16` becomes its end.
        let clip = given.clip * (1_u32 << -i32::from(cell)) as f32;
        put(out, shifts + RATIOS + 1, (clip as i16).to_ne_bytes());
    }
}

/// What is computed of the input, or of the state.
struct Half<'a> {
    matrix: Matrix,
    zero: i8,
    weights: [&'a [i8]; GATES],
    biases: [&'a [i32]; GATES],
}

impl Half<'_> {
    fn write(&self, l: &Lstm, out: &mut [u8]) {
        let (columns, bias_at, kernel_at) = self.matrix.parts(l);
        for (gate, (weights, biases)) in self.weights.iter().zip(self.biases).enumerate() {
            for unit in 0..l.units {
                let row = unit * GATES + gate;
                let weights = weights.iter().skip(unit * columns).take(columns);
                let mut sum = 0_i32;
                for (column, weight) in weights.enumerate() {
                    sum += i32::from(*weight);
                    let place = place(columns, GATES * l.units, row, column);
                    put(out, kernel_at + place, [*weight as u8]);
                }
                let bias = biases.get(unit).copied().unwrap_or(0);
                let bias = bias.wrapping_sub(i32::from(self.zero).wrapping_mul(sum));
                put(out, bias_at + 4 * row, bias.to_ne_bytes());
            }
        }
    }
}

/// TFLite's matrix of a gate (0 to 3), `[unit][column]`, from an LSTM's block: the inverse of [`block`].
pub fn plain_kernel(l: &Lstm, block: &[u8], matrix: Matrix, gate: usize, out: &mut [i8]) {
    let (columns, _, kernel_at) = matrix.parts(l);
    for (unit, out) in out.chunks_mut(columns.max(1)).take(l.units).enumerate() {
        for (column, to) in out.iter_mut().enumerate() {
            let place = place(columns, GATES * l.units, unit * GATES + gate, column);
            if let Some(from) = block.get(kernel_at + place) {
                *to = *from as i8;
            }
        }
    }
}

/// TFLite's bias of a gate (0 to 3), from an LSTM's block: the inverse of [`block`].
pub fn plain_bias(l: &Lstm, block: &[u8], gate: usize, out: &mut [i32]) {
    let (columns, bias_at, kernel_at) = Matrix::Kernel.parts(l);
    let zero = block.first().map_or(0, |zero| i32::from(*zero as i8));
    for (unit, to) in out.iter_mut().take(l.units).enumerate() {
        let row = unit * GATES + gate;
        let weights = (0..columns).filter_map(|column| {
            block.get(kernel_at + place(columns, GATES * l.units, row, column))
        });
        let sum: i32 = weights.map(|w| i32::from(*w as i8)).sum();
        let bias = block.get(bias_at + 4 * row..).and_then(|b| b.first_chunk());
        if let Some(bias) = bias {
            *to = i32::from_ne_bytes(*bias).wrapping_add(zero.wrapping_mul(sum));
        }
    }
}

fn put<const N: usize>(out: &mut [u8], at: usize, bytes: [u8; N]) {
    if let Some(to) = out.get_mut(at..at + N) {
        to.copy_from_slice(&bytes);
    }
}
