//! The mean of squared differences of logarithms.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::epsilon::EPSILON;
use super::plain::plain_loss;
use crate::math;

plain_loss! {
    /// `loss = (ln(1 + o) - ln(1 + t))^2`, the mean over elements and samples; outputs and targets
    /// below `1e-7` count as `1e-7`, with gradient 0.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, MeanSquaredLogarithmicError};
    /// let e = core::f32::consts::E;
    /// let mut grad = [[0.0]];
    /// let loss = MeanSquaredLogarithmicError::new();
    /// assert!((loss.loss(&[[e - 1.0]], &[[0.0]], None, &mut grad) - 1.0).abs() < 1e-6);
    /// assert!((grad[0][0] - 2.0 / e).abs() < 1e-6);
    /// ```
    MeanSquaredLogarithmicError
}

impl Elementwise for MeanSquaredLogarithmicError {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let positive = if o < EPSILON { EPSILON } else { o };
        let t = if t < EPSILON { EPSILON } else { t };
        let difference = math::ln_1p(positive) - math::ln_1p(t);
        let d = 2.0 * difference / (positive + 1.0);
        (difference * difference, if o < EPSILON { 0.0 } else { d })
    }
}

super::elementwise::compiled!(MeanSquaredLogarithmicError);

elementwise_loss!(
    MeanSquaredLogarithmicError,
    AnyUnits,
    "mean_squared_logarithmic_error",
    |self, _y| *self
);
