//! Numbers of the update rules, rounded as Keras rounds them.
//!
//! On a microcontroller without an `f64`: the same but for the last digits.

use crate::kernels::dispatch::DEVICE;

/// 1 - beta, of the decimal that was typed: 0.999, and not the `f32` next to it, from which it would
/// differ in the fifth digit.
pub(super) fn one_minus(beta: f32) -> f32 {
    if DEVICE {
        // Both products are integers that an `f32` holds.
        return (1e7 - (beta * 1e7 + 0.5) as u32 as f32) / 1e7;
    }
    (1.0 - libm::round(f64::from(beta) * 1e7) / 1e7) as f32
}

/// 1 - beta^(step + 1), rounded where Keras rounds: it is small at first, so the steps would differ.
pub(super) fn correction(beta: f32, step: u64) -> f32 {
    if DEVICE {
        return 1.0
            - power(
                beta,
                u32::try_from(step).unwrap_or(u32::MAX).saturating_add(1),
            );
    }
    1.0 - libm::pow(f64::from(beta), step as f64 + 1.0) as f32
}

/// A running mean of gradients, or 0 where gradients of 0 have made it so small that it moves nothing: what decays further becomes
/// a subnormal number and stays one, and a CPU takes a hundred times as long for each.
///
/// (Also a rate of learning times it is no such number. A microcontroller's unit is as fast with them.)
#[inline(always)]
pub(super) fn settled(mean: f32) -> f32 {
    if !DEVICE && mean.abs() < 2e-35 {
        return 0.0;
    }
    mean
}

/// x^n by squares.
fn power(x: f32, mut n: u32) -> f32 {
    let (mut square, mut power) = (x, 1.0);
    while n > 0 {
        if n & 1 == 1 {
            power *= square;
        }
        square *= square;
        n >>= 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decimal_that_was_typed() {
        for (beta, wanted) in [
            (0.9, 0.1),
            (0.999, 0.001),
            (0.99, 0.01),
            (0.0, 1.0),
            (0.9999, 0.0001),
        ] {
            assert_eq!(one_minus(beta), wanted);
        }
    }

    #[test]
    fn powers_by_squares_are_those_of_an_f64() {
        for n in [1, 2, 3, 10, 100, 1000, 10_000] {
            for x in [0.9f32, 0.99, 0.999] {
                let wanted = libm::pow(f64::from(x), f64::from(n)) as f32;
                let error = (power(x, n) - wanted).abs();
                assert!(error <= 1e-4 * wanted, "{x}^{n}: {} {wanted}", power(x, n));
            }
        }
    }
}
