//! The mean of squared differences.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::plain::plain_loss;

plain_loss! {
    /// `loss = (o - t)^2`, the mean over elements and samples; gradient `2 (o - t) / n`.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, MeanSquaredError};
    /// let (out, y) = ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 8.0]]);
    /// let mut grad = out;
    /// assert_eq!(MeanSquaredError::new().loss(&out, &y, None, &mut grad), 5.0);
    /// assert_eq!(grad, [[0.0, 1.0], [0.0, -2.0]]);
    /// // The second sample counts twice (and the mean is still over two).
    /// assert_eq!(MeanSquaredError::new().loss(&out, &y, Some(&[1.0, 2.0]), &mut grad), 9.0);
    /// ```
    MeanSquaredError
}

impl Elementwise for MeanSquaredError {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let difference = o - t;
        (difference * difference, 2.0 * difference)
    }
}

super::elementwise::compiled!(MeanSquaredError);

elementwise_loss!(
    MeanSquaredError,
    AnyUnits,
    "mean_squared_error",
    |self, _y| *self
);
