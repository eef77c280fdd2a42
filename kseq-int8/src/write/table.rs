//! The tables of functions of one value.

use crate::arithmetic::{Scale, divide_by_power, multiply, quantize_multiplier, round, saturated};
use crate::op::{Clamp, Function};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// The value of each input, from 0 to 127 and from -128 to -1.
pub(super) fn table(function: Function, input: Scale, output: Scale) -> [i8; 256] {
    let scales = &Scales { input, output };
    let mut table = [0; 256];
    for (index, value) in table.iter_mut().enumerate() {
        *value = of(function, scales, index as u8 as i8);
    }
    table
}

/// Those of the input and of the output.
struct Scales {
    input: Scale,
    output: Scale,
}

fn of(function: Function, scales: &Scales, q: i8) -> i8 {
    match function {
        Function::Clamp(clamp) => clamped(clamp, scales, q),
        Function::LeakyRelu(slope) => leaky_relu(slope, scales, q),
        Function::HardSwish => hard_swish(scales, q),
        // Each step is rounded to `f32`, as TFLite does it. The functions are those of `f64`, rounded: the nearest `f32` almost
        // always, on all machines.
        Function::Sigmoid => real(scales, q, |x| 1.0 / (1.0 + exp(-x))),
        Function::Tanh => real(scales, q, tanh),
        Function::Elu => real(scales, q, |x| if x < 0.0 { exp(x) - 1.0 } else { x }),
        Function::Gelu(false) => real(scales, q, |x| {
            0.5 * x * (1.0 + erf(f64::from(x * FRAC_1_SQRT_2 as f32)) as f32)
        }),
        Function::Gelu(true) => real(scales, q, |x| {
            let root = (FRAC_2_SQRT_PI * FRAC_1_SQRT_2) as f32;
            0.5 * x * (1.0 + tanh(root * (x + 0.044715 * x * x * x)))
        }),
    }
}

fn exp(x: f32) -> f32 {
    f64::from(x).exp() as f32
}

fn tanh(x: f32) -> f32 {
    f64::from(x).tanh() as f32
}

/// A function of real numbers: `LUTPopulate`.
fn real(scales: &Scales, q: i8, function: impl Fn(f32) -> f32) -> i8 {
    let y = function(scales.input.dequantize(q));
    let y = round(y * (1.0 / scales.output.scale));
    saturated(y.saturating_add(i32::from(scales.output.zero_point)))
}

/// `QUANTIZE`, or `RELU` and its kin; of these the ratio is one of `f32`s.
fn clamped(clamp: Clamp, scales: &Scales, q: i8) -> i8 {
    let (input, output) = (scales.input.scale, scales.output.scale);
    let ratio = match clamp {
        Clamp::None => f64::from(input) / f64::from(output),
        _ => f64::from(input / output),
    };
    let (min, max) = scales.output.range(clamp);
    scaled(scales, ratio, q).clamp(min, max)
}

fn leaky_relu(slope: f32, scales: &Scales, q: i8) -> i8 {
    let (input, output) = (scales.input.scale, scales.output.scale);
    if q >= scales.input.zero_point {
        return scaled(scales, f64::from(input / output), q);
    }
    scaled(scales, f64::from(input * slope / output), q)
}

/// What `q` stands for, in another scale. (A negative ratio is rounded as if it were positive, and then negated.)
fn scaled(scales: &Scales, ratio: f64, q: i8) -> i8 {
    let (multiplier, shift) = quantize_multiplier(ratio.abs());
    let x = multiply(centred(scales, q), multiplier, shift);
    let x = if ratio < 0.0 { x.wrapping_neg() } else { x };
    saturated(x.saturating_add(i32::from(scales.output.zero_point)))
}

fn centred(scales: &Scales, q: i8) -> i32 {
    i32::from(q) - i32::from(scales.input.zero_point)
}

/// `x * relu6(x + 3) / 6`, in numbers of 16 bits: `HARD_SWISH`.
///
/// Where the input's scale is so much larger than the output's that TFLite refuses it, the exact value.
fn hard_swish(scales: &Scales, q: i8) -> i8 {
    // The input with 7 more bits; the ratio to the output's scale; the ratio to the scale in which 3 is 2^15.
    let fine = scales.input.scale / 128.0;
    let (output, output_shift) = half(fine / scales.output.scale);
    let (relu, relu_shift) = half(fine / (3.0 / 32768.0));
    if output_shift > 0 {
        return real(scales, q, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0);
    }
    let x = short(centred(scales, q) << 7);
    let value = high(x, output);
    let mut share = x;
    if relu_shift > 0 {
        share = short_shifted(share, relu_shift - 1);
    }
    share = high(share, relu);
    if relu_shift > 0 {
        share = short_shifted(share, 1);
    }
    if relu_shift < 0 {
        share = divide(share, relu_shift.unsigned_abs());
    }
    // From -1 .. 1 to 0 .. 1.
    let share = (share + (1 << 15)) >> 1;
    let y = divide(share * value / (1 << 15), output_shift.unsigned_abs());
    saturated(y + i32::from(scales.output.zero_point))
}

/// A ratio with 15 bits.
fn half(ratio: f32) -> (i32, i8) {
    let (multiplier, shift) = quantize_multiplier(f64::from(ratio));
    let rounding = 1 << 15;
    let multiplier = match multiplier >= i32::MAX - rounding {
        true => i32::from(i16::MAX),
        false => (multiplier + rounding) >> 16,
    };
    (multiplier, shift)
}

/// The nearest `i16`.
fn short(x: i32) -> i32 {
    x.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

fn short_shifted(x: i32, shift: i8) -> i32 {
    let x = i64::from(x) << shift.unsigned_abs();
    x.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i32
}

/// The upper half of twice a product of `i16`s, rounded.
fn high(a: i32, b: i32) -> i32 {
    short((a * b + (1 << 14)) >> 15)
}

/// `x / 2^shift`, halves away from zero.
fn divide(x: i32, shift: u8) -> i32 {
    divide_by_power(x, u32::from(shift))
}

/// The error function: its power series, and far from 0 its continued fraction.
fn erf(x: f64) -> f64 {
    if x.abs() < 3.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..100 {
            let n = f64::from(n);
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return FRAC_2_SQRT_PI * sum;
    }
    let (far, mut fraction) = (x.abs(), 0.0);
    for n in (1..60).rev() {
        fraction = f64::from(n) / 2.0 / (far + fraction);
    }
    let rest = (-far * far).exp() * FRAC_2_SQRT_PI / 2.0 / (far + fraction);
    (1.0 - rest).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erf_is_that_of_the_tables() {
        let known = [
            (0.0, 0.0),
            (0.1, 0.112_462_916_018_284_9),
            (1.0, 0.842_700_792_949_714_9),
            (-2.0, -0.995_322_265_018_952_7),
            (2.9, 0.999_958_902_121_900_5),
            (3.0, 0.999_977_909_503_001_4),
            (-4.0, -0.999_999_984_582_742_1),
        ];
        for (x, y) in known {
            assert!((erf(x) - y).abs() < 1e-12, "{x}: {} {y}", erf(x));
        }
    }
}
