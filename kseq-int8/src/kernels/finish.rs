//! Sums as outputs.

use crate::arithmetic::{multiply, multiply_once};
use crate::params::{Rounding, Zeros};

/// The [`Zeros`] of the output as words, which stay in registers.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) zero: i32,
    pub(crate) min: i32,
    pub(crate) max: i32,
}

impl Range {
    /// That of an operator.
    #[inline(always)]
    pub(crate) fn of(zeros: Zeros) -> Range {
        Range {
            zero: zeros.output.into(),
            min: zeros.min.into(),
            max: zeros.max.into(),
        }
    }

    /// Whether all that is negative becomes the least output, however it is rounded.
    #[allow(dead_code)] // Where there are no vector instructions.
    #[inline(always)]
    pub(crate) fn positive(self) -> bool {
        self.min >= self.zero
    }
}

/// A sum as an output: times the ratio of the scales, plus the zero point, within the least and the largest.
#[inline(always)]
pub(crate) fn requantize(
    sum: i32,
    multiplier: i32,
    shift: i8,
    rounding: Rounding,
    range: Range,
) -> i8 {
    match rounding {
        Rounding::Twice => requantize_twice(sum, multiplier, shift, range),
        Rounding::Once => {
            let y = multiply_once(sum, multiplier, shift).wrapping_add(range.zero);
            y.max(range.min).min(range.max) as i8
        }
    }
}

/// The same as [`multiply`], in fewer instructions: it divides by half of the power first, so that it can round by adding 1.
#[inline(always)]
pub(crate) fn requantize_twice(sum: i32, multiplier: i32, shift: i8, range: Range) -> i8 {
    let y = if shift >= 0 {
        multiply(sum, multiplier, shift).wrapping_add(range.zero)
    } else {
        let product = ((i64::from(sum) * i64::from(multiplier) + (1 << 30)) >> 31) as i32;
        // Halves away from zero: those of a negative number are made a little less.
        let away = product.wrapping_add(product >> 31);
        let twice = away.wrapping_shr(u32::from((!shift).unsigned_abs()));
        range.zero.wrapping_add(twice.wrapping_add(1) >> 1)
    };
    y.max(range.min).min(range.max) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_the_same() {
        let zeros = Zeros {
            input: 0,
            output: -3,
            min: -128,
            max: 127,
        };
        let sums = [
            0,
            1,
            -1,
            2,
            3,
            -3,
            5,
            77,
            -1234,
            123_456,
            -987_654,
            1 << 30,
            i32::MAX,
            i32::MIN,
            i32::MIN + 1,
        ];
        for sum in sums {
            for shift in -31..=3 {
                for multiplier in [1 << 30, (1 << 30) + 1, 1_234_567_890, i32::MAX, 0] {
                    for rounding in [Rounding::Once, Rounding::Twice] {
                        let range = Range::of(zeros);
                        let y = requantize(sum, multiplier, shift, rounding, range);
                        let long = match rounding {
                            Rounding::Once => multiply_once(sum, multiplier, shift),
                            Rounding::Twice => multiply(sum, multiplier, shift),
                        };
                        let long = long.wrapping_add(range.zero).clamp(range.min, range.max);
                        assert_eq!(i32::from(y), long, "{sum} {multiplier} {shift}");
                    }
                }
            }
        }
    }
}
