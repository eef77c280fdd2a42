//! The mean of absolute differences in percent of the targets.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::epsilon::EPSILON;
use super::mean_absolute_error::sign;
use super::plain::plain_loss;

plain_loss! {
    /// `loss = 100 |o - t| / max(|t|, 1e-7)`, the mean over elements and samples.
    ///
    /// A target of 0 makes the loss huge, as in Keras: leave such targets out.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, MeanAbsolutePercentageError};
    /// let (out, y) = ([[1.5], [3.0]], [[2.0], [4.0]]);
    /// let mut grad = out;
    /// assert_eq!(MeanAbsolutePercentageError::new().loss(&out, &y, None, &mut grad), 25.0);
    /// assert_eq!(grad, [[-25.0], [-12.5]]);
    /// ```
    MeanAbsolutePercentageError
}

impl Elementwise for MeanAbsolutePercentageError {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let percent = 100.0 / t.abs().max(EPSILON);
        let difference = o - t;
        (percent * difference.abs(), percent * sign(difference))
    }
}

super::elementwise::compiled!(MeanAbsolutePercentageError);

elementwise_loss!(
    MeanAbsolutePercentageError,
    AnyUnits,
    "mean_absolute_percentage_error",
    |self, _y| *self
);
