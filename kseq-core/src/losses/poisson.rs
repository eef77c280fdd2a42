//! The loss of counts.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::epsilon::EPSILON;
use super::plain::plain_loss;
use crate::math;

plain_loss! {
    /// `loss = o - t ln(o + 1e-7)`, the mean over elements and samples: the negative log-likelihood of
    /// counts t that are Poisson distributed with mean o, up to a constant.
    ///
    /// Outputs are positive (`exponential`, `softplus`); a negative one gives NaN, as in Keras.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, Poisson};
    /// let mut grad = [[0.0]];
    /// let loss = Poisson::new().loss(&[[2.0]], &[[3.0]], None, &mut grad);
    /// assert!((loss - (2.0 - 3.0 * 2f32.ln())).abs() < 1e-6);
    /// assert!((grad[0][0] + 0.5).abs() < 1e-6);
    /// ```
    Poisson
}

impl Elementwise for Poisson {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let positive = o + EPSILON;
        (o - t * math::ln(positive), 1.0 - t / positive)
    }
}

super::elementwise::compiled!(Poisson);

elementwise_loss!(Poisson, AnyUnits, "poisson", |self, _y| *self);
