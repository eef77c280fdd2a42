//! The mean of absolute differences.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::plain::plain_loss;

plain_loss! {
    /// `loss = |o - t|`, the mean over elements and samples; gradient `sign(o - t) / n`, 0 where they
    /// are equal.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, MeanAbsoluteError};
    /// let (out, y) = ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 8.0]]);
    /// let mut grad = out;
    /// assert_eq!(MeanAbsoluteError::new().loss(&out, &y, None, &mut grad), 1.5);
    /// assert_eq!(grad, [[0.0, 0.25], [0.0, -0.25]]);
    /// ```
    MeanAbsoluteError
}

impl Elementwise for MeanAbsoluteError {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let difference = o - t;
        (difference.abs(), sign(difference))
    }
}

super::elementwise::compiled!(MeanAbsoluteError);

elementwise_loss!(
    MeanAbsoluteError,
    AnyUnits,
    "mean_absolute_error",
    |self, _y| *self
);

/// -1, 0 or 1; NaN stays.
#[inline(always)]
pub(super) fn sign(x: f32) -> f32 {
    if x == 0.0 {
        0.0
    } else {
        1f32.copysign(x) + 0.0 * x
    }
}
