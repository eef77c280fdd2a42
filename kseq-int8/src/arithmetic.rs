//! Numbers: scales, and their ratios in fixed point.

use crate::op::Clamp;

/// What a quantised number `q` stands for: `scale * (q - zero_point)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The step from one number to the next.
    pub scale: f32,
    /// The number that stands for 0.
    pub zero_point: i8,
}

impl Scale {
    /// The number that stands for `x`, or for what is nearest to it: `round(x / scale) + zero_point`, halves away from zero.
    #[must_use]
    pub fn quantize(self, x: f32) -> i8 {
        saturated(round(x / self.scale).saturating_add(i32::from(self.zero_point)))
    }

    /// What `q` stands for: `scale * (q - zero_point)`.
    #[must_use]
    pub fn dequantize(self, q: i8) -> f32 {
        self.scale * (i32::from(q) - i32::from(self.zero_point)) as f32
    }

    /// The least and the largest number of an output with this activation: `CalculateActivationRangeQuantized`.
    #[must_use]
    pub fn range(self, clamp: Clamp) -> (i8, i8) {
        match clamp {
            Clamp::None => (-128, 127),
            Clamp::Relu => (self.quantize(0.0), 127),
            Clamp::Relu6 => (self.quantize(0.0), self.quantize(6.0)),
            Clamp::ReluN1To1 => (self.quantize(-1.0), self.quantize(1.0)),
        }
    }
}

/// The nearest integer, halves away from zero; 0 for what is no number, the last `i32` for what is beyond.
pub(crate) fn round(x: f32) -> i32 {
    // What a `f32` has behind the point is exact, and from 2^23 on it has nothing there.
    let whole = x as i32;
    let rest = x - whole as f32;
    if rest >= 0.5 {
        whole.saturating_add(1)
    } else if rest <= -0.5 {
        whole.saturating_sub(1)
    } else {
        whole
    }
}

/// The nearest `i8`.
pub(crate) const fn saturated(x: i32) -> i8 {
    if x < -128 {
        -128
    } else if x > 127 {
        127
    } else {
        x as i8
    }
}

/// A ratio of scales as `multiplier * 2^(shift - 31)`, with a multiplier from 2^30 to 2^31: `QuantizeMultiplier`.
///
/// What is below 2^-32 is 0, as what is no number; what is above 2^30 is the largest ratio that there is.
#[must_use]
pub const fn quantize_multiplier(ratio: f64) -> (i32, i8) {
    let bits = ratio.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    // Zero and what is near to it; no numbers.
    if exponent == 0 || ratio.is_nan() {
        return (0, 0);
    }
    // The ratio is `fraction * 2^(shift - 53)`, the fraction has 53 bits. Of these 31 stay, rounded with halves away from zero.
    let fraction = bits & ((1 << 52) - 1) | 1 << 52;
    let mut shift = exponent - 1022;
    let mut multiplier = (fraction + (1 << 21)) >> 22;
    if multiplier == 1 << 31 {
        multiplier >>= 1;
        shift += 1;
    }
    if shift < -31 {
        return (0, 0);
    }
    if shift > 30 {
        shift = 30;
        multiplier = i32::MAX as u64;
    }
    let multiplier = multiplier as i32;
    (
        if ratio < 0.0 { -multiplier } else { multiplier },
        shift as i8,
    )
}

/// `x * multiplier * 2^(shift - 31)`: `MultiplyByQuantizedMultiplier`.
///
/// It rounds twice: the product to a whole number, with halves up, then, if it is shifted to the right, that, with halves away from
/// zero.
#[must_use]
#[inline]
pub fn multiply(x: i32, multiplier: i32, shift: i8) -> i32 {
    let (left, right) = (shift.max(0).unsigned_abs(), shift.min(0).unsigned_abs());
    let x = x.wrapping_shl(left.into());
    // (TFLite adds 1 - 2^30 to a negative product and divides toward zero, which is the same.)
    let product = (i64::from(x) * i64::from(multiplier) + (1 << 30)) >> 31;
    divide_by_power(product as i32, right.into())
}

/// `x * multiplier * 2^(shift - 31)`, rounded once, with halves away from zero: how LiteRT's reference kernel of
/// `FULLY_CONNECTED` does it, in `f64`.
///
/// (There the ratio has 53 bits, here 31. Of 200 million random sums none came out otherwise.)
#[must_use]
#[inline]
pub fn multiply_once(x: i32, multiplier: i32, shift: i8) -> i32 {
    let product = i64::from(x) * i64::from(multiplier);
    let half = 1_i64.wrapping_shl(30_u32.wrapping_sub(shift as u32));
    let product = product
        .wrapping_add(half)
        .wrapping_sub(i64::from(product < 0));
    product.wrapping_shr(31_u32.wrapping_sub(shift as u32)) as i32
}

/// `x / 2^exponent`, halves away from zero.
#[inline]
pub(crate) fn divide_by_power(x: i32, exponent: u32) -> i32 {
    let mask = 1_i32.wrapping_shl(exponent).wrapping_sub(1);
    let threshold = (mask >> 1) + i32::from(x < 0);
    x.wrapping_shr(exponent) + i32::from(x & mask > threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_its_multiplier_and_its_shift() {
        for ratio in [1.0, 0.5, 0.75, 1e-5, 3.7, 1234.5, 0.999_999_999_99, -0.3] {
            let (multiplier, shift) = quantize_multiplier(ratio);
            let back = f64::from(multiplier) * 2_f64.powi(i32::from(shift) - 31);
            assert!(
                (back - ratio).abs() <= ratio.abs() * 2_f64.powi(-31),
                "{ratio} {back}"
            );
        }
        assert_eq!(quantize_multiplier(0.5), (1 << 30, 0));
        assert_eq!(quantize_multiplier(0.999_999_999_99), (1 << 30, 1));
        assert_eq!(quantize_multiplier(0.0), (0, 0));
        assert_eq!(quantize_multiplier(1e-12), (0, 0));
        assert_eq!(quantize_multiplier(f64::NAN), (0, 0));
        assert_eq!(quantize_multiplier(f64::INFINITY), (i32::MAX, 30));
    }

    #[test]
    fn a_product_is_rounded_twice() {
        let (multiplier, shift) = quantize_multiplier(0.25);
        assert_eq!((multiplier, shift), (1 << 30, -1));
        let of = |x| multiply(x, multiplier, shift);
        // 5 / 4 is 1.25, but 5 / 2 is 2.5, then 3, then 1.5, then 2.
        assert_eq!([1, 2, 3, 5, 6, 7].map(of), [1, 1, 1, 2, 2, 2]);
        assert_eq!([-1, -2, -3, -5, -6, -7].map(of), [0, -1, -1, -1, -2, -2]);
        let (multiplier, shift) = quantize_multiplier(3.0);
        assert_eq!(multiply(-7, multiplier, shift), -21);
    }

    #[test]
    fn a_product_is_rounded_once() {
        let (multiplier, shift) = quantize_multiplier(0.25);
        let of = |x| multiply_once(x, multiplier, shift);
        assert_eq!([1, 2, 3, 5, 6, 7].map(of), [0, 1, 1, 1, 2, 2]);
        assert_eq!([-1, -2, -3, -5, -6, -7].map(of), [0, -1, -1, -1, -2, -2]);
        let (multiplier, shift) = quantize_multiplier(3.0);
        assert_eq!(multiply_once(-7, multiplier, shift), -21);
        let (multiplier, shift) = quantize_multiplier(2_f64.powi(-32));
        assert_eq!(shift, -31);
        assert_eq!(
            [i32::MAX, i32::MIN].map(|x| multiply_once(x, multiplier, shift)),
            [0, -1]
        );
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(
            [0.5, 1.5, -0.5, -1.5, 0.499_999_97].map(round),
            [1, 2, -1, -2, 0]
        );
        assert_eq!([1e20, -1e20, f32::NAN].map(round), [i32::MAX, i32::MIN, 0]);
        let scale = Scale {
            scale: 0.5,
            zero_point: -3,
        };
        assert_eq!(
            [0.25, -0.25, 1000.0, -1000.0].map(|x| scale.quantize(x)),
            [-2, -4, 127, -128]
        );
        assert_eq!(scale.dequantize(127), 65.0);
    }
}
