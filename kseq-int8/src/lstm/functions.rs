//! The logistic function and tanh of 16 bits: gemmlowp's fixed-point arithmetic, as TFLite's LSTM has it.
//!
//! A number of `Q(m)` has `m` bits before the point and `15 - m` behind it. Here it lies in an `i32`, so that nothing wraps: gemmlowp's
//! saturations are left out where nothing reaches them. How far the argument is shifted is a value, not a type: one function is for all
//! formats and for both functions. It has no branches, so that a compiler can compute many at once.

use crate::kernels::rolled;

/// `a b / 2^15`, rounded, of numbers of 16 bits. (Never -1 times -1, where gemmlowp saturates.)
#[inline(always)]
const fn times(a: i32, b: i32) -> i32 {
    let product = if cfg!(feature = "std") {
        // So that the compiler knows that they have 16 bits, and takes vectors' instructions for such products.
        a as i16 as i32 * b as i16 as i32
    } else {
        a * b
    };
    (product + (1 << 14)) >> 15
}

/// `x / 2^exponent`, rounded; a half goes away from zero.
#[inline(always)]
pub(super) const fn divide(x: i32, exponent: u32) -> i32 {
    let half = (1 << exponent) >> 1;
    (x + half - (x < 0 && exponent > 0) as i32) >> exponent
}

/// A constant of gemmlowp's, of 32 bits, to 16.
const fn constant(x: i32) -> i32 {
    divide(x, 16)
}

/// `exp(-1/4)`, `exp(-1/2)`, `exp(-1)`, .. `exp(-8)`; `exp(-16)` is 0.
const POWERS: [i32; 6] = [
    constant(1_672_461_947),
    constant(1_302_514_674),
    constant(790_015_084),
    constant(290_630_308),
    constant(39_332_535),
    constant(720_401),
];

/// `exp(a)` of Q0, for an `a` not above 0 with 15 bits behind the point: of the part below -1/4 by a polynomial, then times a power for
/// each bit of the rest.
#[inline(always)]
fn exp_of_negative(a: i32) -> i32 {
    const QUARTER: i32 = 1 << 13;
    const AT_EIGHTH: i32 = constant(1_895_147_668);
    const THIRD: i32 = constant(715_827_883);
    let below = (a & (QUARTER - 1)) - QUARTER;
    let rest = below - a;
    // Taylor's polynomial around -1/8. Only `x` and `x3` may be negative.
    let x = below + QUARTER / 2;
    let x2 = times(x, x);
    let x3 = times(x2, x);
    let x4 = times(x2, x2);
    let sum = times(((x4 + 2) >> 2) + x3, THIRD) + x2;
    let series = (sum + 1) >> 1;
    let mut result = (AT_EIGHTH + times(AT_EIGHTH, x + series)).min(i32::from(i16::MAX));
    for (k, power) in POWERS.iter().enumerate() {
        if rest & (QUARTER << k) != 0 {
            // A branch, where it is one, is shorter than the product.
            rolled();
            result = times(result, *power);
        }
    }
    // From -16 on nothing is left; 0 itself is in no quarter.
    if rest >= QUARTER << POWERS.len() {
        result = 0;
    }
    if a == 0 { i32::from(i16::MAX) } else { result }
}

/// `2 / (1 + exp(a))` of Q2. A microcontroller has it once.
#[cfg_attr(feature = "std", inline(always))]
#[cfg_attr(not(feature = "std"), inline(never))]
fn twice_over_one_plus_exp(a: i32) -> i32 {
    twice_over_one_plus(exp_of_negative(a))
}

/// `2 / (1 + a)` of Q2, for an `a` of Q0 in `[0, 1]`: three steps of Newton's division.
#[inline(always)]
fn twice_over_one_plus(a: i32) -> i32 {
    const FROM: i32 = constant(1_515_870_810);
    const SLOPE: i32 = constant(-1_010_580_540);
    let half = (a + (1 << 15)) >> 1;
    let mut x = FROM + times(half, SLOPE);
    for _ in 0..3 {
        let error = (1 << 13) - times(half, x);
        x += times(x, error) << 2;
    }
    x
}

/// `1 / (1 + exp(-x))` or `tanh(x)`, of Q0.
///
/// `shift` makes of `x` a number with 15 bits behind the point: for tanh, whose exponent is `2 x`, one more than it has before the point.
#[inline(always)]
pub(super) fn function(x: i16, shift: u32, is_tanh: bool) -> i16 {
    const ONE: i32 = i16::MAX as i32;
    let x = i32::from(x);
    // (-x is -32768 for that `x`, too, as in gemmlowp.)
    let negative = x.min(-x);
    let y = twice_over_one_plus_exp(negative << shift);
    let (y, at_zero, opposite) = if is_tanh {
        ((y - (1 << 13)) << 2, 0, 0)
    } else {
        (y << 1, 1 << 14, ONE)
    };
    let y = y.min(ONE);
    let y = if x < 0 { opposite - y } else { y };
    (if x == 0 { at_zero } else { y }) as i16
}

#[cfg(test)]
mod tests {
    use super::super::gemmlowp;
    use super::*;

    /// All 65536 of them.
    fn all() -> impl Iterator<Item = i16> {
        i16::MIN..=i16::MAX
    }

    #[test]
    fn a_half_goes_away_from_zero() {
        let found = [-6, -5, -3, -2, -1, 0, 1, 2, 3, 5, 6].map(|x| divide(x, 2));
        assert_eq!(found, [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(divide(-7, 0), -7);
    }

    #[test]
    fn the_functions_are_gemmlowps() {
        for x in all() {
            assert_eq!(function(x, 3, false), gemmlowp::logistic(x), "{x}");
            for bits in 0..=6 {
                assert_eq!(
                    function(x, bits + 1, true),
                    gemmlowp::tanh(x, bits),
                    "{bits} {x}"
                );
            }
        }
    }

    #[test]
    fn the_functions_are_near_to_those_of_f64() {
        for x in all() {
            let (y, to) = (
                function(x, 3, false),
                1.0 / (1.0 + (-f64::from(x) / 4096.0).exp()),
            );
            assert!((f64::from(y) / 32768.0 - to).abs() < 1e-3, "{x}: {y} {to}");
            for bits in 0..=6 {
                let a = f64::from(x) / f64::from(1 << (15 - bits));
                let (y, to) = (function(x, bits + 1, true), a.tanh());
                assert!(
                    (f64::from(y) / 32768.0 - to).abs() < 1e-3,
                    "{bits} {x}: {y} {to}"
                );
            }
        }
    }
}
