//! The block of an operator, from TFLite's numbers and back; on a host, which has the functions that tables are made of.

use crate::arithmetic::{Scale, quantize_multiplier};
use crate::op::{Clamp, Conv, Dense, Mean, Op};
use crate::packing::place;
use crate::params::{Layout, Params, Zeros};
use std::vec::Vec;

mod table;

/// What a `.tflite` file has of an operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// That of the input.
    pub input: Scale,
    /// That of the output.
    pub output: Scale,
    /// The kernel, `[output][tap][channel]`, of a depthwise convolution `[tap][output channel]`; else nothing.
    pub kernel: &'a [i8],
    /// The bias, whose scale is that of the input times that of the kernel; nothing where there is none.
    pub bias: &'a [i32],
    /// The scales of the kernel, one for each output or one for all.
    pub scales: &'a [f32],
}

/// Fills the block of an operator: [`Layout::len`] bytes, which need not be aligned.
///
/// What is missing in `given` is 0, what does not fit into `out` is left out.
pub fn block(op: &Op, given: &Given<'_>, out: &mut [u8]) {
    out.fill(0);
    match op {
        Op::Dense(d) => product(
            &Packed::of_dense(d),
            d.clamp,
            ratios(d.outputs, given),
            given,
            out,
        ),
        Op::Conv(c) => product(
            &Packed::of_conv(c),
            c.clamp,
            ratios(c.filters, given),
            given,
            out,
        ),
        Op::Depthwise(c) => product(
            &Packed::of_depthwise(c),
            c.clamp,
            ratios(c.filters, given),
            given,
            out,
        ),
        Op::MaxPool(_) | Op::AveragePool(_) | Op::Pad(_) => {
            put_zeros(out, 0, zeros(given, Clamp::None))
        }
        Op::Mean(m) => one(mean(m, given), given, out),
        Op::Table(t) => {
            let table = table::table(t.function, given.input, given.output);
            put_zeros(out, 0, zeros(given, Clamp::None));
            put(out, 4, &table.map(|x| x as u8));
        }
        Op::Softmax(_) => one(softmax(given), given, out),
        // Not yet.
        Op::Lstm(_) => {}
    }
}

/// TFLite's kernel, from the block of an operator: the inverse of [`block`].
pub fn plain_kernel(op: &Op, block: &[u8], out: &mut [i8]) {
    let (Some(packed), params) = (Packed::of(op), Params::of(Layout::of(op), block)) else {
        return;
    };
    for (_, plain, place) in packed.places() {
        if let (Some(to), Some(from)) = (out.get_mut(plain), params.bytes.get(place)) {
            *to = *from;
        }
    }
}

/// TFLite's bias, from the block of an operator: the inverse of [`block`].
pub fn plain_bias(op: &Op, block: &[u8], out: &mut [i32]) {
    let (Some(packed), params) = (Packed::of(op), Params::of(Layout::of(op), block)) else {
        return;
    };
    let mut sums = std::vec![0_i32; packed.outputs];
    for (output, _, place) in packed.places() {
        if let (Some(sum), Some(weight)) = (sums.get_mut(output), params.bytes.get(place)) {
            *sum = sum.wrapping_add(i32::from(*weight));
        }
    }
    let zero = i32::from(params.zeros.input);
    for ((to, bias), sum) in out.iter_mut().zip(params.bias).zip(sums) {
        *to = bias.wrapping_add(zero.wrapping_mul(sum));
    }
}

/// How the kernel of an operator lies in TFLite and here.
struct Packed {
    outputs: usize,
    inputs: usize,
    /// Whether TFLite has the outputs last, and whether they are last here.
    last: (bool, bool),
}

impl Packed {
    fn of(op: &Op) -> Option<Packed> {
        match op {
            Op::Dense(d) => Some(Packed::of_dense(d)),
            Op::Conv(c) => Some(Packed::of_conv(c)),
            Op::Depthwise(c) => Some(Packed::of_depthwise(c)),
            _ => None,
        }
    }

    fn of_dense(d: &Dense) -> Packed {
        Packed {
            outputs: d.outputs,
            inputs: d.inputs,
            last: (false, false),
        }
    }

    fn of_conv(c: &Conv) -> Packed {
        Packed {
            outputs: c.filters,
            inputs: c.taps() * c.channels,
            last: (false, false),
        }
    }

    fn of_depthwise(c: &Conv) -> Packed {
        Packed {
            outputs: c.filters,
            inputs: c.taps(),
            last: (true, c.channels != 1),
        }
    }

    /// Of each weight: its output, its place in TFLite and its place here.
    fn places(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let &Packed {
            outputs,
            inputs,
            last,
        } = self;
        let weights =
            (0..outputs).flat_map(move |output| (0..inputs).map(move |input| (output, input)));
        weights.map(move |(output, input)| {
            let by_input = input * outputs + output;
            let plain = if last.0 {
                by_input
            } else {
                output * inputs + input
            };
            let here = if last.1 {
                by_input
            } else {
                place(inputs, outputs, output, input)
            };
            (output, plain, here)
        })
    }
}

/// The ratios of the scales, `input * kernel / output`.
fn ratios(outputs: usize, given: &Given<'_>) -> Vec<f64> {
    let of = |scale: &f32| {
        f64::from(given.input.scale) * f64::from(*scale) / f64::from(given.output.scale)
    };
    match given.scales {
        [scale] => std::vec![of(scale); outputs],
        scales => scales.iter().map(of).collect(),
    }
}

/// The block of an operator that multiplies.
fn product(packed: &Packed, clamp: Clamp, ratios: Vec<f64>, given: &Given<'_>, out: &mut [u8]) {
    let n = packed.outputs;
    let zero = i32::from(given.input.zero_point);
    let mut bias: Vec<i32> = given
        .bias
        .iter()
        .copied()
        .chain(std::iter::repeat(0))
        .take(n)
        .collect();
    let kernel = 9 * n + 4;
    for (output, plain, place) in packed.places() {
        let weight = given.kernel.get(plain).copied().unwrap_or_default();
        if let Some(bias) = bias.get_mut(output) {
            *bias = bias.wrapping_sub(zero.wrapping_mul(i32::from(weight)));
        }
        put(out, kernel + place, &weight.to_ne_bytes());
    }
    for (output, bias) in bias.iter().enumerate() {
        put(out, 4 * output, &bias.to_ne_bytes());
    }
    for (output, ratio) in ratios.iter().enumerate().take(n) {
        let (multiplier, shift) = quantize_multiplier(*ratio);
        put(out, 4 * n + 4 * output, &multiplier.to_ne_bytes());
        put(out, 8 * n + output, &shift.to_ne_bytes());
    }
    put_zeros(out, 9 * n, zeros(given, clamp));
}

/// The block of an operator that has one bias and one ratio.
fn one((bias, multiplier, shift): (i32, i32, i8), given: &Given<'_>, out: &mut [u8]) {
    put(out, 0, &bias.to_ne_bytes());
    put(out, 4, &multiplier.to_ne_bytes());
    put(out, 8, &shift.to_ne_bytes());
    put_zeros(out, 9, zeros(given, Clamp::None));
}

/// The ratio of the scales, divided by the number of rows in fixed point: `QuantizedMeanOrSum`.
fn mean(m: &Mean, given: &Given<'_>) -> (i32, i32, i8) {
    let (multiplier, shift) =
        quantize_multiplier(f64::from(given.input.scale) / f64::from(given.output.scale));
    let rows = m.rows.clamp(1, i32::MAX as usize) as i64;
    let more = (rows.ilog2() as i8).min(31_i8.saturating_add(shift)).max(0);
    let multiplier = ((i64::from(multiplier) << more) / rows) as i32;
    let bias = i32::from(given.input.zero_point).wrapping_mul(rows as i32);
    (bias.wrapping_neg(), multiplier, shift - more)
}

/// The ratio of the input's scale to 2^-26, at most 2^31 - 1, and the least difference that is not below -31 then:
/// `PreprocessSoftmaxScaling` and `CalculateInputRadius`.
fn softmax(given: &Given<'_>) -> (i32, i32, i8) {
    let ratio = f64::from(given.input.scale) * f64::from(1 << 26);
    let (multiplier, shift) = quantize_multiplier(ratio.min(f64::from(i32::MAX)));
    let radius = (31_i64 << 26) >> shift.max(0);
    (-(radius as i32), multiplier, shift)
}

/// The zero points, and the range of the outputs.
fn zeros(given: &Given<'_>, clamp: Clamp) -> Zeros {
    let (min, max) = given.output.range(clamp);
    Zeros {
        input: given.input.zero_point,
        output: given.output.zero_point,
        min,
        max,
    }
}

fn put_zeros(out: &mut [u8], at: usize, zeros: Zeros) {
    let Zeros {
        input,
        output,
        min,
        max,
    } = zeros;
    put(out, at, &[input, output, min, max].map(|x| x as u8));
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(to) = out.get_mut(at..at + bytes.len()) {
        to.copy_from_slice(bytes);
    }
}
