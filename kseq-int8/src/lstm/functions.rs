//! The logistic function and tanh of 16 bits: gemmlowp's fixed-point arithmetic, as TFLite's LSTM has it.
//!
//! A number of `Q(m)` has one bit of sign, `m` bits before the point and `15 - m` behind it. How many bits the argument has is a
//! value here, not a type, so that there is one function for all of them.

/// The product of two fractions: `a b / 2^15`, rounded; -1 times -1 is the largest.
const fn times(a: i16, b: i16) -> i16 {
    if a == i16::MIN && b == i16::MIN {
        return i16::MAX;
    }
    ((a as i32 * b as i32 + (1 << 14)) >> 15) as i16
}

/// `x / 2^exponent`, rounded; a half goes away from zero.
pub(super) const fn divide(x: i32, exponent: u32) -> i32 {
    let half = (1 << exponent) >> 1;
    let negative = (x < 0 && exponent > 0) as i32;
    x.wrapping_add(half - negative) >> exponent
}

/// `x 2^exponent`. What is near the ends is at the end: gemmlowp compares so.
const fn widen(x: i16, exponent: u32) -> i16 {
    let threshold = (1 << (15 - exponent)) - 1;
    if x > threshold {
        i16::MAX
    } else if x < -threshold {
        i16::MIN
    } else {
        x << exponent
    }
}

/// A constant of 32 bits, to 16.
const fn constant(x: i32) -> i16 {
    divide(x, 16) as i16
}

/// `exp(a)` for `a` in `[-1/4, 0)`, both of Q0: a Taylor polynomial around -1/8.
const fn exp_of_quarter(a: i16) -> i16 {
    const AT_EIGHTH: i16 = constant(1_895_147_668);
    const THIRD: i16 = constant(715_827_883);
    let x = a.wrapping_add(1 << 12);
    let x2 = times(x, x);
    let x3 = times(x2, x);
    let x4 = times(x2, x2);
    let x4_4 = divide(x4 as i32, 2) as i16;
    let sum = times(x4_4.wrapping_add(x3), THIRD).wrapping_add(x2);
    let series = divide(sum as i32, 1) as i16;
    AT_EIGHTH.saturating_add(times(AT_EIGHTH, x.wrapping_add(series)))
}

/// `exp(-1/4)`, `exp(-1/2)`, `exp(-1)`, .. `exp(-16)`.
const POWERS: [i16; 7] = [
    constant(1_672_461_947),
    constant(1_302_514_674),
    constant(790_015_084),
    constant(290_630_308),
    constant(39_332_535),
    constant(720_401),
    constant(242),
];

/// `exp(a)` of Q0, for an `a` of `Q(bits)` that is not above 0. The bits of `-a` say which powers are multiplied.
fn exp_of_negative(a: i16, bits: u32) -> i16 {
    if a == 0 {
        return i16::MAX;
    }
    // Below -32 there is nothing left.
    if bits > 5 && i32::from(a) < -(1 << (20 - bits)) {
        return 0;
    }
    let quarter = 1i16 << (13 - bits);
    let below = (a & (quarter - 1)).wrapping_sub(quarter);
    let rest = below.wrapping_sub(a);
    let mut result = exp_of_quarter(below << bits);
    let mut bit = quarter;
    for power in POWERS.iter().take(bits as usize + 2) {
        if rest & bit != 0 {
            result = times(result, *power);
        }
        bit = bit.wrapping_shl(1);
    }
    result
}

/// `2 / (1 + a)` of Q2, for an `a` of Q0 in `[0, 1]`: three steps of Newton's division.
fn twice_over_one_plus(a: i16) -> i16 {
    const FROM: i16 = constant(1_515_870_810);
    const SLOPE: i16 = constant(-1_010_580_540);
    let half = ((i32::from(a) + i32::from(i16::MAX) + 1) / 2) as i16;
    let mut x = FROM.wrapping_add(times(half, SLOPE));
    for _ in 0..3 {
        let error = (1i16 << 13).wrapping_sub(times(half, x));
        x = x.wrapping_add(widen(times(x, error), 2));
    }
    x
}

/// `1 / (1 + exp(-x))` of Q0, for an `x` of Q3.
pub(super) fn logistic(x: i16) -> i16 {
    if x == 0 {
        return 1 << 14;
    }
    let magnitude = if x > 0 { x } else { x.wrapping_neg() };
    let y = widen(
        twice_over_one_plus(exp_of_negative(magnitude.wrapping_neg(), 3)),
        1,
    );
    if x > 0 { y } else { i16::MAX.wrapping_sub(y) }
}

/// `tanh(x)` of Q0, for an `x` of `Q(bits)` with at most 6 bits.
pub(super) fn tanh(x: i16, bits: u32) -> i16 {
    if x == 0 {
        return 0;
    }
    let n = if x < 0 { x } else { x.wrapping_neg() };
    // (1 - e) / (1 + e) with e = exp(-2 x); one bit more before the point doubles it.
    let twice = twice_over_one_plus(exp_of_negative(n, bits + 1));
    let t = widen(twice.wrapping_sub(1 << 13), 2);
    if x < 0 { t.wrapping_neg() } else { t }
}

#[cfg(test)]
mod tests {
    use super::{divide, logistic, tanh, times};
    use std::vec::Vec;

    /// All 65536 of them.
    fn all() -> impl Iterator<Item = i16> {
        i16::MIN..=i16::MAX
    }

    #[test]
    fn a_half_goes_away_from_zero() {
        let found: Vec<i32> = [-6, -5, -3, -2, -1, 0, 1, 2, 3, 5, 6]
            .iter()
            .map(|x| divide(*x, 2))
            .collect();
        assert_eq!(found, [-2, -1, -1, -1, 0, 0, 0, 1, 1, 1, 2]);
        assert_eq!(divide(-7, 0), -7);
        assert_eq!(times(i16::MIN, i16::MIN), i16::MAX);
        assert_eq!(times(i16::MAX, i16::MIN), -32767);
    }

    #[test]
    fn the_functions_are_near_to_those_of_f64() {
        for x in all() {
            let (y, to) = (logistic(x), 1.0 / (1.0 + (-f64::from(x) / 4096.0).exp()));
            assert!((f64::from(y) / 32768.0 - to).abs() < 1e-3, "{x}: {y} {to}");
            for bits in 0..=6 {
                let a = f64::from(x) / f64::from(1 << (15 - bits));
                let (y, to) = (tanh(x, bits), a.tanh());
                assert!(
                    (f64::from(y) / 32768.0 - to).abs() < 1e-3,
                    "{bits} {x}: {y} {to}"
                );
            }
        }
    }
}
