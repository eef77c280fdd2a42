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
//! | each `W_k`, each `U_k` | `i8` from -127 to 127, zero point 0 | one for the whole matrix: `max(abs) / 127`, [`quantize_gate`]; not below [`least_scale`] |
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
#[cfg(test)]
mod gemmlowp;
mod layout;
mod prepare;
mod samples;
mod step;
mod sums;
mod write;

pub(crate) use layout::{bytes, scratch_len};
pub use prepare::{Float, cell_power, float_steps, least_scale, quantize_bias, quantize_gate};
pub(crate) use samples::lstm;
pub use write::{Given, Matrix, block, plain_bias, plain_kernel};
