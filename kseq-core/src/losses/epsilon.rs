//! How far probabilities are kept from 0 and 1.

/// Keras's `epsilon()`: probabilities are clipped to `EPSILON ..= 1 - EPSILON` before their logarithm.
pub(super) const EPSILON: f32 = 1e-7;

/// Into `EPSILON ..= 1 - EPSILON`; NaN stays.
#[inline(always)]
pub(super) fn clip(p: f32) -> f32 {
    let p = if p < EPSILON { EPSILON } else { p };
    if p > 1.0 - EPSILON { 1.0 - EPSILON } else { p }
}
