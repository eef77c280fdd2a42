//! Numbers of the update rules, rounded as Keras rounds them.

/// 1 - beta, of the decimal that was typed: 0.999, and not the `f32` next to it, from which it would
/// differ in the fifth digit.
pub(super) fn one_minus(beta: f32) -> f32 {
    (1.0 - libm::round(f64::from(beta) * 1e7) / 1e7) as f32
}

/// 1 - beta^(step + 1), rounded where Keras rounds: it is small at first, so the steps would differ.
pub(super) fn correction(beta: f32, step: u64) -> f32 {
    1.0 - libm::pow(f64::from(beta), step as f64 + 1.0) as f32
}
