//! The logarithm of the hyperbolic cosine of the difference.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::plain::plain_loss;
use crate::math;

plain_loss! {
    /// `loss = ln(cosh(o - t))`, the mean over elements and samples; gradient `tanh(o - t) / n`.
    ///
    /// For small differences about `(o - t)^2 / 2`, for large ones `|o - t| - ln 2`.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{LogCosh, Loss};
    /// let mut grad = [[0.0]];
    /// let loss = LogCosh::new().loss(&[[3.0]], &[[1.0]], None, &mut grad);
    /// assert!((loss - 1.325_002_7).abs() < 1e-6);
    /// assert!((grad[0][0] - 0.964_027_6).abs() < 1e-6);
    /// ```
    LogCosh
}

impl Elementwise for LogCosh {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let x = o - t;
        // ln((e^x + e^-x) / 2), without overflow.
        let size = x.abs();
        let value = size + math::ln_1p(math::exp(-2.0 * size)) - core::f32::consts::LN_2;
        (value, math::tanh(x))
    }
}

super::elementwise::compiled!(LogCosh);

elementwise_loss!(
    LogCosh,
    AnyUnits,
    "log_cosh",
    metric = "logcosh",
    |self, _y| *self
);
