//! `SOFTMAX` in fixed point, as the reference kernel has it: exponentials with 31 bits behind the point, their sum with 19.

use crate::arithmetic::{divide_by_power, multiply};
use crate::kernels::{rolled, unknown};
use crate::op::Rows;
use crate::params::Params;
use crate::rows::{rows, rows_mut};

/// Rows of any number: `exp(x[i] - max) / sum of exp(x[j] - max)`, of the scale 1 / 256 and the zero point -128.
///
/// The block has in its bias the least difference that counts, which is not below -31, and the ratio of the input's scale to 2^-26.
pub(crate) fn softmax(rows: &Rows, params: &Params<'_>, x: &[i8], y: &mut [i8]) {
    let (&[least], &[multiplier], &[shift]) = (params.bias, params.multiplier, params.shift) else {
        return;
    };
    if rows.width == 0 {
        return;
    }
    let exp = |difference: i32| match difference < least {
        true => 0,
        false => exp(multiply(difference, multiplier, shift)),
    };
    // All differences at once, where there are more values than that, and where a kilobyte of stack is nothing.
    #[cfg(feature = "std")]
    if x.len() > 512 {
        let mut table = [0; 256];
        for (difference, value) in (-255..=0).rev().zip(&mut table) {
            *value = exp(difference);
        }
        let exp = |difference: i32| {
            table
                .get(difference.unsigned_abs() as usize)
                .copied()
                .unwrap_or_default()
        };
        return each_row(rows.width, x, y, exp);
    }
    // Nothing is written out for the few values of most outputs.
    let len = unknown(x.len());
    each_row(
        unknown(rows.width),
        x.get(..len).unwrap_or_default(),
        y,
        exp,
    );
}

#[cfg_attr(not(feature = "std"), inline(never))]
fn each_row(width: usize, x: &[i8], y: &mut [i8], exp: impl Fn(i32) -> i32) {
    for (x, y) in rows(x, width).zip(rows_mut(y, width)) {
        let mut max = i8::MIN;
        for x in x {
            rolled();
            max = max.max(*x);
        }
        let max = i32::from(max);
        let mut sum = 0_i32;
        for x in x {
            rolled();
            sum = sum.wrapping_add(divide_by_power(exp(i32::from(*x) - max), 12));
        }
        let headroom = sum.leading_zeros();
        let scale = reciprocal(sum, headroom);
        let exponent = 35_u32.saturating_sub(headroom);
        for (y, x) in y.iter_mut().zip(x) {
            rolled();
            let share = product(scale, exp(i32::from(*x) - max));
            let share = divide_by_power(share, exponent).wrapping_sub(128);
            *y = share.clamp(-128, 127) as i8;
        }
    }
}

/// The product of two numbers with so many bits behind the point that both have 31 bits: `SaturatingRoundingDoublingHighMul`.
#[cfg_attr(not(feature = "std"), inline(never))]
fn product(a: i32, b: i32) -> i32 {
    multiply(a, b, 0)
}

/// `exp(a * 2^-26)` for an `a` from -2^31 to 0, with 31 bits behind the point: `exp_on_negative_values`.
fn exp(a: i32) -> i32 {
    if a == 0 {
        return i32::MAX;
    }
    // The part within a quarter, from -1 / 4 to 0, by a polynomial around -1 / 8; what is left, by its bits.
    let quarter = (a & 0x00ff_ffff) - 0x0100_0000;
    let x = quarter.wrapping_shl(5).wrapping_add(1 << 28);
    let x2 = product(x, x);
    let x3 = product(x2, x);
    let x4 = product(x2, x2);
    let third = product(divide_by_power(x4, 2).wrapping_add(x3), THIRD);
    let rest = divide_by_power(third.wrapping_add(x2), 1);
    let mut result = EXP_EIGHTH.wrapping_add(product(EXP_EIGHTH, x.wrapping_add(rest)));
    let rest = quarter.wrapping_sub(a);
    for (bit, factor) in EXP_POWERS.iter().enumerate().take(unknown(7)) {
        rolled();
        if rest & (1 << 24) << bit != 0 {
            result = product(result, *factor);
        }
    }
    result
}

/// 1 / 3.
const THIRD: i32 = 715_827_883;
/// exp(-1 / 8).
const EXP_EIGHTH: i32 = 1_895_147_668;
/// exp(-1 / 4), exp(-1 / 2), exp(-1) .. exp(-16).
const EXP_POWERS: [i32; 7] = [
    1_672_461_947,
    1_302_514_674,
    790_015_084,
    290_630_308,
    39_332_535,
    720_401,
    242,
];

/// `2^(30 - headroom) / x` with 31 bits behind the point, for an `x` of so many leading zeros: `GetReciprocal`.
fn reciprocal(x: i32, headroom: u32) -> i32 {
    // `x` as a number from 1 to 2, of which only what is behind the point is kept.
    let part = (x as u32).wrapping_shl(headroom).wrapping_sub(1 << 31) as i32;
    // Half of it, then three steps of Newton's way to its reciprocal, with 29 bits behind the point.
    let half = ((i64::from(part) + i64::from(i32::MAX) + 1) / 2) as i32;
    let mut y = 1_515_870_810_i32.wrapping_add(product(half, -1_010_580_540));
    for _ in 0..unknown(3) {
        rolled();
        let error = (1_i32 << 29).wrapping_sub(product(half, y));
        y = y.wrapping_add(product(y, error).saturating_mul(4));
    }
    y.saturating_mul(2)
}
