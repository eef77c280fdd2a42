//! Scalar functions of `f32`, without branches, so that a loop over them becomes vector instructions.
//!
//! `core` has none of them and the C library's differ between machines. These are the same few polynomials on every
//! target (most after Cephes, S. Moshier), built from `+ - * /` and bit operations alone, so a microcontroller gives the
//! bits of the host. Only [`sqrt`] and [`floor`] are the machine's or libm's; both are exact by definition.
//!
//! Each has a second form, `exp_in::<FMA>` for [`exp`], for the loops of this crate: with `FMA` every `a * b + c` is rounded
//! once, as in the matrix products. It is for where that is one instruction; `simd_fn!` tells its body. AVX2, AVX-512 and
//! NEON then agree, the portable instructions differ in the last bits.
//!
//! Loops over them should run in [`simd`](crate::kernels::simd). Worst errors of both forms, over dense grids against `f64`:
//!
//! | function | relative error | |
//! |---|---|---|
//! | [`exp`] | 9e-8 | results below 1.2e-38 are 0 |
//! | [`exp_m1`] | 2e-7 | |
//! | [`ln`] | 9e-8 | denormal arguments included |
//! | [`ln_1p`] | 2e-7 | |
//! | [`tanh`] | 2e-7 | |
//! | [`sigmoid`] | 2e-7 | results below 5e-39 are 0 |
//! | [`softplus`] | 2e-7 | results below 1.2e-38 are 0 |
//! | [`erf`] | 2e-7 | |
//!
//! Numbers out of range give what IEEE 754 asks for: `exp(inf)` is `inf`, `ln(-1)` is NaN; NaN gives NaN.

#[cfg(not(feature = "std"))]
use crate::kernels::fpu;

use core::f32::consts::LOG2_E;

/// The larger one; NaN if one of them is (`f32::max` passes over NaN). Of equal ones the first.
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    let larger = if b > a { b } else { a };
    if b.is_nan() { b } else { larger }
}

/// ln 2 in two parts; the first has 9 bits, so its product with an exponent is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits. (A cast `as i32` would not vectorise.)
const ROUND: f32 = 12_582_912.0;

/// What [`tanh`] and [`sigmoid`] are computed with, here and in the kernels.
pub(crate) mod gates {
    use super::{LN_2_HIGH, LN_2_LOW, LOG2_E};

    /// [`ROUND`](super::ROUND) with an exponent's bias in the low bits: shifted to their place they are the power of 2.
    pub const ROUND_BIASED: f32 = super::ROUND + 127.0;
    pub const TURNS: f32 = LOG2_E;
    pub const TURN_HIGH: f32 = LN_2_HIGH;
    pub const TURN_LOW: f32 = LN_2_LOW;
    pub const TURNS_OF_2: f32 = 2.0 * LOG2_E;
    pub const HALF_HIGH: f32 = 0.5 * LN_2_HIGH;
    pub const HALF_LOW: f32 = 0.5 * LN_2_LOW;

    /// The hyperbolic tangent is 1 from here on.
    pub const MOST: f32 = 10.0;
    /// (e^2r - 1 - 2r) / r^2 for 2 |r| <= ln 2 / 2
    pub const TANH: [f32; 5] = [8.925_713e-2, 2.677_303e-1, 6.666_605e-1, 1.333_323_5, 2.0];

    /// Below, the power is infinite and the sigmoid 0.
    pub const LOW: f32 = -89.0;
    /// Above, it is 1.
    pub const HIGH: f32 = 87.0;
    /// e^-r for |r| <= ln 2 / 2
    pub const SIGMOID: [f32; 7] = [
        1.383_683_6e-3,
        -8.374_824e-3,
        4.166_822_6e-2,
        -1.666_642e-1,
        4.999_999e-1,
        -1.0,
        1.0,
    ];
}

/// `a * b + c`, rounded once or twice.
#[inline(always)]
pub(crate) fn mul_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    #[cfg(feature = "std")]
    if FMA {
        return a.mul_add(b, c);
    }
    a * b + c
}

/// The horner scheme: `c[0] x^(n-1) + .. + c[n-1]`.
#[inline(always)]
fn polynomial<const FMA: bool, const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let mut sum = c[0];
    let mut i = 1;
    while i < N {
        sum = mul_add::<FMA>(sum, x, c[i]);
        i += 1;
    }
    sum
}

/// `(n, r, p)` with x = n ln 2 + r, |r| <= ln 2 / 2 and e^r = 1 + r + p; `n` is in the low bits of an `f32`.
#[inline(always)]
fn reduce<const FMA: bool>(x: f32) -> (f32, f32, f32) {
    let n = mul_add::<FMA>(x, LOG2_E, ROUND);
    let turns = n - ROUND;
    let r = mul_add::<FMA>(turns, -LN_2_HIGH, x);
    let r = mul_add::<FMA>(turns, -LN_2_LOW, r);
    let q = [
        1.987_569_1e-4,
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        5e-1,
    ];
    (n, r, polynomial::<FMA, 6>(r, q) * (r * r))
}

/// e^x. Results that would be denormal (x < -87.3) are 0; x > 88.7 gives `inf`.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    exp_in::<false>(x)
}

/// [`exp`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn exp_in<const FMA: bool>(x: f32) -> f32 {
    const LOW: f32 = -87.336_54;
    const HIGH: f32 = 88.722_83;
    let (n, r, p) = reduce::<FMA>(x);
    // Times 2^n, by adding to the exponent: 2^128 is a factor in range, but no number.
    let y = f32::from_bits((p + r + 1.0).to_bits().wrapping_add(n.to_bits() << 23));
    let y = if x < LOW { 0.0 } else { y };
    // Of infinity and NaN, themselves.
    if x <= HIGH { y } else { x * f32::INFINITY }
}

/// e^x - 1, exact to the last digits near 0 too.
#[inline(always)]
pub fn exp_m1(x: f32) -> f32 {
    exp_m1_in::<false>(x)
}

/// [`exp_m1`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn exp_m1_in<const FMA: bool>(x: f32) -> f32 {
    const LOW: f32 = -20.0;
    const HIGH: f32 = 89.0;
    let clamped = if x > HIGH { HIGH } else { x };
    let clamped = if clamped < LOW { LOW } else { clamped };
    let (n, r, p) = reduce::<FMA>(clamped);
    // 2^n (1 + r + p) - 1 = 2 (h (r + p) + (h - 1/2)) with h = 2^(n - 1)
    let h = f32::from_bits((n.to_bits() << 23).wrapping_add(126 << 23));
    2.0 * mul_add::<FMA>(p + r, h, h - 0.5)
}

/// ln x + `offset` ln 2 for a positive normal number.
#[inline(always)]
fn ln_normal<const FMA: bool>(x: f32, offset: f32) -> f32 {
    const SQRT_HALF_BITS: u32 = 0x3f35_04f3;
    const ONE_BITS: u32 = 0x3f80_0000;
    // x = 2^e (1 + f) with 1 + f in sqrt(1/2)..sqrt(2)
    let bits = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let e = ((bits >> 23) as i32 - 127) as f32 + offset;
    let f = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF_BITS) - 1.0;
    let c = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    let z = f * f;
    let low = mul_add::<FMA>(z, -0.5, e * LN_2_LOW);
    let y = mul_add::<FMA>(polynomial::<FMA, 9>(f, c) * f, z, low);
    mul_add::<FMA>(e, LN_2_HIGH, f + y)
}

/// The natural logarithm; `-inf` for 0 and NaN for less.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    ln_in::<false>(x)
}

/// [`ln`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn ln_in<const FMA: bool>(x: f32) -> f32 {
    // Denormals are scaled to normal numbers.
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = if tiny { x * 8_388_608.0 } else { x };
    let y = ln_normal::<FMA>(scaled, if tiny { -23.0 } else { 0.0 });
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    let y = if x < 0.0 { f32::NAN } else { y };
    // Of infinity and NaN, themselves.
    if x < f32::INFINITY { y } else { x }
}

/// ln(1 + x), exact to the last digits near 0 too.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    ln_1p_in::<false>(x)
}

/// [`ln_1p`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn ln_1p_in<const FMA: bool>(x: f32) -> f32 {
    let u = 1.0 + x;
    let lost = x - (u - 1.0); // what the sum could not hold
    let y = ln_normal::<FMA>(u, 0.0) + lost / u;
    let y = if u == 0.0 { f32::NEG_INFINITY } else { y };
    let y = if u < 0.0 { f32::NAN } else { y };
    if u < f32::INFINITY { y } else { x }
}

/// The hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    tanh_in::<false>(x)
}

/// [`tanh`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn tanh_in<const FMA: bool>(x: f32) -> f32 {
    // With m = e^(2 |x|) - 1 it is m / (m + 2).
    let size = x.abs();
    let size = if size > gates::MOST {
        gates::MOST
    } else {
        size
    };
    // 2 |x| = n ln 2 + 2 r
    let n = mul_add::<FMA>(size, gates::TURNS_OF_2, gates::ROUND_BIASED);
    let turns = n - gates::ROUND_BIASED;
    let r = mul_add::<FMA>(turns, -gates::HALF_HIGH, size);
    let r = mul_add::<FMA>(turns, -gates::HALF_LOW, r);
    // e^(2 r) - 1, exact to the last digits near 0 too
    let p = mul_add::<FMA>(polynomial::<FMA, 5>(r, gates::TANH) * r, r, r + r);
    let power = f32::from_bits(n.to_bits() << 23);
    let m = mul_add::<FMA>(p, power, power - 1.0);
    (m / (m + 2.0)).copysign(x)
}

/// 1 / (1 + e^-x), with all digits for very negative x.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    sigmoid_in::<false>(x)
}

/// [`sigmoid`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn sigmoid_in<const FMA: bool>(x: f32) -> f32 {
    let x = if x < gates::LOW { gates::LOW } else { x };
    let x = if x > gates::HIGH { gates::HIGH } else { x };
    // -x = n ln 2 - r
    let n = mul_add::<FMA>(x, -gates::TURNS, gates::ROUND_BIASED);
    let turns = n - gates::ROUND_BIASED;
    let r = mul_add::<FMA>(turns, gates::TURN_HIGH, x);
    let r = mul_add::<FMA>(turns, gates::TURN_LOW, r);
    let power = f32::from_bits(n.to_bits() << 23);
    1.0 / mul_add::<FMA>(polynomial::<FMA, 7>(r, gates::SIGMOID), power, 1.0)
}

/// ln(1 + e^x), without overflow.
#[inline(always)]
pub fn softplus(x: f32) -> f32 {
    softplus_in::<false>(x)
}

/// [`softplus`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn softplus_in<const FMA: bool>(x: f32) -> f32 {
    let positive = if x > 0.0 { x } else { 0.0 };
    // 1 + e is in 1..=2: none of the cases of `ln_1p`.
    let e = exp_in::<FMA>(-x.abs());
    let u = 1.0 + e;
    ln_normal::<FMA>(u, 0.0) + (e - (u - 1.0)) / u + positive
}

/// The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x. Coefficients by N. Juffa.
#[inline(always)]
pub fn erf(x: f32) -> f32 {
    erf_in::<false>(x)
}

/// [`erf`] in a loop for certain instructions.
#[inline(always)]
pub(crate) fn erf_in<const FMA: bool>(x: f32) -> f32 {
    let size = x.abs();
    let z = x * x;
    let c = [
        -5.967_617e-4,
        4.991_194e-3,
        -2.676_813_5e-2,
        1.128_199_3e-1,
        -3.761_253_4e-1,
        1.283_791_7e-1,
    ];
    let near = mul_add::<FMA>(polynomial::<FMA, 6>(z, c), x, x);
    let c = [
        -1.728_534_7e-5,
        3.831_971_3e-4,
        -3.883_964_4e-3,
        2.425_462_2e-2,
        -1.067_778_8e-1,
        -6.348_467e-1,
    ];
    // Beyond 4 the result is 1; the polynomial is for less.
    let t = if size > 4.0 { 4.0 } else { size };
    let exponent = mul_add::<FMA>(polynomial::<FMA, 6>(t, c), t, -1.287_175_1e-1);
    let far = (1.0 - exp_in::<FMA>(mul_add::<FMA>(exponent, t, -t))).copysign(x);
    if size > 0.927_734_4 { far } else { near }
}

/// The square root.
#[inline(always)]
pub fn sqrt(x: f32) -> f32 {
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(not(feature = "std"))]
    return fpu::sqrt(x);
}

/// The square root of a value in memory: on a microcontroller fewer instructions than [`sqrt`].
#[inline(always)]
pub(crate) fn sqrt_of(x: &f32) -> f32 {
    #[cfg(feature = "std")]
    return x.sqrt();
    #[cfg(not(feature = "std"))]
    return fpu::sqrt_of(x);
}

/// The largest integer not above x.
#[inline(always)]
pub fn floor(x: f32) -> f32 {
    #[cfg(feature = "std")]
    return x.floor();
    #[cfg(not(feature = "std"))]
    return libm::floorf(x);
}

/// Sine and cosine, to an ulp or two; the angle is not so large that turns matter (up to some millions).
#[must_use]
pub(crate) fn sin_cos(x: f32) -> [f32; 2] {
    const QUARTER: f64 = core::f64::consts::FRAC_PI_2;
    let x = f64::from(x);
    let turns = x / QUARTER;
    let quarters = (turns + if turns < 0.0 { -0.5 } else { 0.5 }) as i64;
    let r = x - quarters as f64 * QUARTER;
    let s = r * r;
    let sin =
        r * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s / 362_880.0))));
    let cos = 1.0
        + s * (-0.5
            + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s * (1.0 / 40320.0 - s / 3_628_800.0))));
    let (sin, cos) = (sin as f32, cos as f32);
    match quarters & 3 {
        0 => [sin, cos],
        1 => [cos, -sin],
        2 => [-sin, -cos],
        _ => [-cos, sin],
    }
}

#[cfg(test)]
mod tests;
