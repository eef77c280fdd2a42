//! The hinge losses of yes-no outputs: nothing to gain beyond a margin.

use super::AnyUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::plain::plain_loss;

plain_loss! {
    /// `loss = max(1 - t o, 0)`, the mean over elements and samples.
    ///
    /// # Targets
    /// The type of the output: -1 or 1. If a batch has only 0 and 1, its 0s count as -1, as in Keras.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Hinge, Loss};
    /// let (out, mut grad) = ([[0.5, 0.5, 2.0, -2.0]], [[0.0; 4]]);
    /// let loss = Hinge::new().loss(&out, &[[1.0, -1.0, 1.0, 1.0]], None, &mut grad);
    /// assert_eq!((loss, grad), ((0.5 + 1.5 + 0.0 + 3.0) / 4.0, [[-0.25, 0.25, 0.0, -0.25]]));
    /// assert_eq!(Hinge::new().loss(&out, &[[1.0, 0.0, 1.0, 1.0]], None, &mut grad), loss);
    /// ```
    Hinge
}

plain_loss! {
    /// `loss = max(1 - t o, 0)^2`, the mean over elements and samples.
    ///
    /// # Targets
    /// The type of the output: -1 or 1. If a batch has only 0 and 1, its 0s count as -1, as in Keras.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, SquaredHinge};
    /// let (out, mut grad) = ([[0.5, 0.5, 2.0, -2.0]], [[0.0; 4]]);
    /// let loss = SquaredHinge::new().loss(&out, &[[1.0, -1.0, 1.0, 1.0]], None, &mut grad);
    /// assert_eq!((loss, grad), ((0.25 + 2.25 + 0.0 + 9.0) / 4.0, [[-0.25, 0.75, 0.0, -1.5]]));
    /// ```
    SquaredHinge
}

struct Linear {
    from_0_and_1: bool,
}

impl Elementwise for Linear {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let t = if self.from_0_and_1 { 2.0 * t - 1.0 } else { t };
        let short = 1.0 - t * o;
        if short < 0.0 { (0.0, 0.0) } else { (short, -t) }
    }
}

super::elementwise::compiled!(Linear);

struct Squared {
    linear: Linear,
}

impl Elementwise for Squared {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let (short, d) = self.linear.element(o, t);
        (short * short, 2.0 * short * d)
    }
}

super::elementwise::compiled!(Squared);

/// Whether all targets are 0 or 1.
fn linear(y: &[f32]) -> Linear {
    let from_0_and_1 = y.iter().all(|t| *t == 0.0 || *t == 1.0);
    Linear { from_0_and_1 }
}

elementwise_loss!(Hinge, AnyUnits, "hinge", |self, y| linear(y));
elementwise_loss!(SquaredHinge, AnyUnits, "squared_hinge", |self, y| Squared {
    linear: linear(y)
});
