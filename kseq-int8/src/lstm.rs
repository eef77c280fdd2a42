//! `UNIDIRECTIONAL_SEQUENCE_LSTM` in whole numbers: TFLite's kernel 8x8_16, for Keras's `LSTM`.
//!
//! Input, output, weights and the state `h` are `i8`, gates and cell `i16`. With the gates `i`, `f`, `g`, `o` (Keras's order, and
//! TFLite's: input, forget, cell, output) a step is
//!
//! ```text
//! a_k = clamp16(m_k (x W_k + b_k))           Q3.12, for each gate k; b_k with the zero point of x in it
//! a_k = clamp16(a_k + n_k (h U_k + e_k))     e_k is the zero point of h times the sum of U_k's row
//! i, f, o = logistic(a_i), ..                Q0.15
//! g = tanh(a_g)                              Q0.15
//! c = clamp16(f c / 2^15 + i g / 2^(30 + p)) whose scale is 2^p; then within the clip, if there is one
//! h = clamp8(s (o tanh(c)) + z)              z is the zero point of h
//! ```
//!
//! with `m_k = s(x) s(W_k) 2^12`, `n_k = s(h) s(U_k) 2^12`, `s = 2^-30 / s(h)` as multipliers in fixed point. A sample begins with
//! `c = 0` and with an `h` that stands for 0.
//!
//! # How a layer is quantised
//!
//! | what | numbers | scale |
//! | --- | --- | --- |
//! | input | `i8`, with a zero point | from the least and the largest input of all steps |
//! | output and state `h` | `i8`, with a zero point | from the least and the largest `h` of all steps, also where only the last is an output |
//! | cell | `i16`, zero point 0 | `2^p`, [`cell_power`] of the largest `abs(c)` of all steps |
//! | each `W_k`, each `U_k` | `i8` from -127 to 127, zero point 0 | one for the whole matrix: `max(abs) / 127`, [`quantize_gate`] |
//! | each `b_k` | `i32` | that of the input times that of `W_k`, [`quantize_bias`] |
//! | what the functions take and give | `i16` | fixed: `2^-12` and `2^-15` |
//!
//! Calibration therefore has to see `x`, `h` and `c` of each step; [`float_steps`] computes `h` and `c` from `x`.
//!
//! # The operator in a `.tflite` file
//!
//! `UnidirectionalSequenceLSTMOptions` with `TANH`, `cell_clip` and `proj_clip` 0, `time_major` false; version 1; 24 inputs, of
//! which -1 stands for none; one output; 5 intermediates, in `Operator.intermediates`. (TFLite's converter writes a `cell_clip` of 10,
//! which Keras's layer does not have; so [`Given`] has it, for files of that converter, and what kseq quantises has none.)
//!
//! | inputs | what | shape | type and scale |
//! | --- | --- | --- | --- |
//! | 0 | input | `[batch, steps, inputs]` | `INT8` |
//! | 1 to 4 | `W` of the gates i, f, g, o | `[units, inputs]` | `INT8`, one scale each, zero point 0 |
//! | 5 to 8 | `U` of the gates i, f, g, o | `[units, units]` | `INT8`, one scale each, zero point 0 |
//! | 9 to 11 | peephole | | -1 |
//! | 12 to 15 | bias of the gates i, f, g, o | `[units]` | `INT32`, the input's scale times that of 1 to 4, zero point 0 |
//! | 16, 17 | projection | | -1 |
//! | 18 | the state `h` | `[batch, units]` | `INT8`, that of the output; `is_variable`, buffer 0 |
//! | 19 | the cell | `[batch, units]` | `INT16`, `2^p`, zero point 0; `is_variable`, buffer 0 |
//! | 20 to 23 | layer normalisation | | -1 |
//!
//! The output is `[batch, steps, units]`, `INT8`; one that is only the last step is cut out by a `STRIDED_SLICE` behind it. The first
//! four intermediates are `INT16` of shape `[0]` and scale `2^-12`, zero point 0 (the kernel does not look at them without layer
//! normalisation); the fifth is `INT8` of shape `[0]` with scale and zero point of the output: of that one the kernel takes `s` and `z`.
//! The interpreter keeps both states from one call to the next: Keras's layer wants `reset_all_variables` before each.
//!
//! # The block
//!
//! Four bytes: the zero points of the input, of the state and of the output (`z`), and `p`. Then, in words, what the sums of the inputs
//! begin with, `[unit][gate]`, and the same for those of the states; the multipliers of 9 ratios: `m` of the gates, `n` of the gates,
//! `s`. Then in bytes their shifts and a 0, and in two bytes the clip of the cell, 0 for none; at last the [packed](crate::packing) `W`
//! and `U`, with a row for each gate of each unit, `[unit][gate]`: the four gates of a unit lie side by side, so that a step needs no
//! memory for them.
//!
//! Source: `lstm_eval.cc`, `unidirectional_sequence_lstm.cc` and `portable_tensor_utils.cc` of LiteRT.

mod functions;
mod prepare;
mod write;

pub use prepare::{Float, cell_power, float_steps, quantize_bias, quantize_gate};
pub use write::{Given, Matrix, block, plain_bias, plain_kernel};

use crate::arithmetic::multiply;
use crate::op::Lstm;
use crate::packing::{BLOCK, packed_len, padded};
use crate::params::Params;
use functions::{divide, logistic, tanh};

/// The gates i, f, g, o.
const GATES: usize = 4;

/// The ratios: of the gates' inputs, of their states, and of the output.
const RATIOS: usize = 2 * GATES + 1;

/// The bytes of an LSTM's block behind its zero points.
pub(crate) const fn bytes(l: &Lstm) -> usize {
    let rows = GATES * l.units;
    2 * 4 * rows
        + 4 * RATIOS
        + RATIOS.next_multiple_of(4)
        + packed_len(l.inputs, rows)
        + packed_len(l.units, rows)
}

/// The scratch: the cell, the state and the next one, and a step of the input with its padding.
pub(crate) const fn scratch_len(l: &Lstm) -> usize {
    2 * l.units + 2 * padded(l.units) + padded(l.inputs)
}

/// A ratio of scales.
#[derive(Clone, Copy)]
struct Ratio {
    multiplier: i32,
    shift: i8,
}

impl Ratio {
    fn of(self, x: i32) -> i32 {
        multiply(x, self.multiplier, self.shift)
    }
}

/// What is computed of a step's input or of the state: the sums of all gates.
#[derive(Clone, Copy)]
struct Product<'a> {
    /// The words that the sums begin with, as bytes.
    bias: &'a [[i8; 4]],
    kernel: &'a [i8],
    ratios: [Ratio; GATES],
}

/// An LSTM's block.
struct Block<'a> {
    input: Product<'a>,
    state: Product<'a>,
    output: Ratio,
    state_zero: i8,
    output_zero: i8,
    cell: i8,
    /// Where the cell ends on both sides; 0 for no such place.
    clip: i16,
}

/// A word of the block, in the order of this machine.
fn word(bytes: [i8; 4]) -> i32 {
    i32::from_ne_bytes(bytes.map(|b| b as u8))
}

impl<'a> Block<'a> {
    /// Nothing where the block is too short.
    fn of(l: &Lstm, params: &Params<'a>) -> Option<Block<'a>> {
        let rows = GATES * l.units;
        let (words, rest) = params.bytes.split_at_checked(4 * (2 * rows + RATIOS))?;
        let (words, _) = words.as_chunks::<4>();
        let (biases, multipliers) = words.split_at_checked(2 * rows)?;
        let (input_bias, state_bias) = biases.split_at_checked(rows)?;
        let (shifts, rest) = rest.split_at_checked(RATIOS.next_multiple_of(4))?;
        let (input_kernel, rest) = rest.split_at_checked(packed_len(l.inputs, rows))?;
        let state_kernel = rest.get(..packed_len(l.units, rows))?;
        let clip = i16::from_ne_bytes(shifts.last_chunk()?.map(|b| b as u8));
        let mut ratios = multipliers.iter().zip(shifts).map(|(m, s)| Ratio {
            multiplier: word(*m),
            shift: *s,
        });
        let mut gates = || {
            Some([
                ratios.next()?,
                ratios.next()?,
                ratios.next()?,
                ratios.next()?,
            ])
        };
        let input = Product {
            bias: input_bias,
            kernel: input_kernel,
            ratios: gates()?,
        };
        let state = Product {
            bias: state_bias,
            kernel: state_kernel,
            ratios: gates()?,
        };
        Some(Block {
            input,
            state,
            output: ratios.next()?,
            state_zero: params.zeros.output,
            output_zero: params.zeros.min,
            cell: params.zeros.max,
            clip,
        })
    }

    /// A step: from the input and the state to the cell and the next state.
    fn step(&self, x: &[i8], h: &[i8], cells: &mut [[i8; 2]], next: &mut [i8]) {
        const UNITS: usize = BLOCK / GATES;
        let blocks = self.input.blocks(x).zip(self.state.blocks(h));
        let units = cells.chunks_mut(UNITS).zip(next.chunks_mut(UNITS));
        for ((input, state), (cells, next)) in blocks.zip(units) {
            let sums = (input.as_chunks::<GATES>().0.iter()).zip(state.as_chunks::<GATES>().0);
            for ((cell, h), (input, state)) in cells.iter_mut().zip(next).zip(sums) {
                let [i, f, g, o] = self.gates(*input, *state);
                let c = self.next_cell(i16::from_ne_bytes(cell.map(|b| b as u8)), [i, f, g]);
                *cell = c.to_ne_bytes().map(|b| b as i8);
                *h = self.next_state(c, o);
            }
        }
    }

    /// What the gates' functions take.
    fn gates(&self, input: [i32; GATES], state: [i32; GATES]) -> [i16; GATES] {
        let mut gates = [0; GATES];
        let sums = input.iter().zip(self.input.ratios);
        let sums = sums.zip(state.iter().zip(self.state.ratios));
        for (gate, ((x, x_ratio), (h, h_ratio))) in gates.iter_mut().zip(sums) {
            let x = i32::from(clamp16(x_ratio.of(*x)));
            *gate = clamp16(h_ratio.of(*h).saturating_add(x));
        }
        gates
    }

    fn next_cell(&self, cell: i16, [i, f, g]: [i16; 3]) -> i16 {
        let (i, f, g) = (logistic(i), logistic(f), tanh(g, 3));
        let kept = divide(i32::from(f) * i32::from(cell), 15) as i16;
        // From -15 to -9.
        let shift = (30 + i32::from(self.cell)) as u32 & 31;
        let new = divide(i32::from(i) * i32::from(g), shift) as i16;
        let c = kept.saturating_add(new);
        if self.clip > 0 {
            c.clamp(-self.clip, self.clip)
        } else {
            c
        }
    }

    fn next_state(&self, cell: i16, o: i16) -> i8 {
        let bits = (15 + i32::from(self.cell)) as u32 & 7;
        let h = i32::from(logistic(o)) * i32::from(tanh(cell, bits));
        let h = self.output.of(h) + i32::from(self.output_zero);
        h.clamp(-128, 127) as i8
    }
}

impl Product<'_> {
    /// The sums of each block of rows.
    fn blocks(&self, x: &[i8]) -> impl Iterator<Item = [i32; BLOCK]> {
        let kernels = self.kernel.chunks(x.len().max(1) * BLOCK);
        let biases = self.bias.chunks(BLOCK);
        kernels.zip(biases).map(|(kernel, bias)| {
            let mut sums = [0; BLOCK];
            for (sum, bias) in sums.iter_mut().zip(bias) {
                *sum = word(*bias);
            }
            let (quads, _) = x.as_chunks::<4>();
            for (x, group) in quads.iter().zip(kernel.chunks_exact(bias.len() * 4)) {
                for (sum, weights) in sums.iter_mut().zip(group.as_chunks::<4>().0) {
                    for (x, w) in x.iter().zip(weights) {
                        *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
                    }
                }
            }
            sums
        })
    }
}

fn clamp16(x: i32) -> i16 {
    x.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// Computes the operator of any number of samples; what does not fit is not computed.
pub(crate) fn lstm(l: &Lstm, params: &Params<'_>, x: &[i8], y: &mut [i8], scratch: &mut [i8]) {
    if l.steps == 0 || l.inputs == 0 || l.units == 0 {
        return;
    }
    let Some(block) = Block::of(l, params) else {
        return;
    };
    let outputs = if l.sequences {
        l.steps * l.units
    } else {
        l.units
    };
    let samples = x.chunks_exact(l.steps * l.inputs);
    for (x, y) in samples.zip(y.chunks_exact_mut(outputs)) {
        let _ = sample(l, &block, x, y, scratch);
    }
}

/// One sample; nothing where the scratch is too short.
fn sample(l: &Lstm, block: &Block<'_>, x: &[i8], y: &mut [i8], scratch: &mut [i8]) -> Option<()> {
    let (cells, rest) = scratch.split_at_mut_checked(2 * l.units)?;
    let (mut h, rest) = rest.split_at_mut_checked(padded(l.units))?;
    let (mut next, rest) = rest.split_at_mut_checked(padded(l.units))?;
    let row = rest.get_mut(..padded(l.inputs))?;
    let (cells, _) = cells.as_chunks_mut::<2>();
    cells.fill([0; 2]);
    h.fill(block.state_zero);
    let mut outputs = y.chunks_exact_mut(l.units);
    for x in x.chunks_exact(l.inputs) {
        if x.len() == row.len() {
            block.step(x, h, cells, next);
        } else {
            for (to, from) in row.iter_mut().zip(x) {
                *to = *from;
            }
            block.step(row, h, cells, next);
        }
        core::mem::swap(&mut h, &mut next);
        if l.sequences {
            copy(h, outputs.next()?);
        }
    }
    if !l.sequences {
        copy(h, outputs.next()?);
    }
    Some(())
}

fn copy(from: &[i8], to: &mut [i8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
