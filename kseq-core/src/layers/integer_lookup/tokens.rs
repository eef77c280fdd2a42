//! How tokens lie in the array of a vocabulary that is learned.

use crate::params::Flat;

/// What stands for a padding that there is not.
pub(super) const NO_MASK: i64 = i64::MIN;

/// The second number of a token that there is not.
pub(super) const EMPTY: f32 = -1.0;

/// A token from its two numbers.
pub(super) fn joined([high, low]: [f32; 2]) -> Option<i64> {
    (low >= 0.0).then(|| (high as i64) * PARTS + low as i64)
}

pub(super) const PARTS: i64 = 1 << 16;

/// Whether an array has elements.
pub(super) const fn is_learned<V: Flat>() -> bool {
    V::LEN > 0
}
