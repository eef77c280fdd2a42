//! Squared near the target, linear far from it.

use super::elementwise::{Elementwise, elementwise_loss};
use super::mean_absolute_error::sign;
use super::plain::reduction;
use super::{AnyUnits, Reduction};
use crate::text::Note;

/// With e = o - t, `loss = e^2 / 2` where `|e| <= delta` and `delta |e| - delta^2 / 2` beyond, the mean
/// over elements and samples: outliers pull no harder than `delta`.
///
/// # Targets
/// The type of the output.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{Huber, Loss};
/// let mut grad = [[0.0; 2]];
/// let loss = Huber::new().loss(&[[0.5, 3.0]], &[[0.0, 0.0]], None, &mut grad);
/// assert_eq!((loss, grad), ((0.125 + 2.5) / 2.0, [[0.25, 0.5]]));
/// ```
/// Huber: "Robust estimation of a location parameter" (1964).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Huber {
    delta: f32,
    reduction: Reduction,
}

impl Huber {
    /// With Keras's default `delta = 1`.
    #[must_use]
    pub const fn new() -> Self {
        Huber {
            delta: 1.0,
            reduction: Reduction::SumOverBatchSize,
        }
    }

    /// From which difference the loss is linear; more than 0.
    #[must_use]
    pub const fn delta(mut self, delta: f32) -> Self {
        self.delta = delta;
        self
    }

    reduction!();

    fn wrong(&self) -> Option<Note> {
        if self.delta > 0.0 && self.delta.is_finite() {
            return None;
        }
        let note = Note::new().str("delta must be more than 0, found ");
        Some(note.float(self.delta))
    }
}

impl Default for Huber {
    fn default() -> Self {
        Huber::new()
    }
}

impl Elementwise for Huber {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let error = o - t;
        let (size, delta) = (error.abs(), self.delta);
        let far = (delta * size - 0.5 * delta * delta, delta * sign(error));
        // NaN is near: it stays NaN.
        if size > delta {
            far
        } else {
            (0.5 * error * error, error)
        }
    }
}

super::elementwise::compiled!(Huber);

elementwise_loss!(Huber, AnyUnits, "huber_loss", check = wrong, |self, _y| {
    *self
});
