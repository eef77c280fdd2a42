//! How far one distribution is from another.

use super::SeveralUnits;
use super::elementwise::{Elementwise, elementwise_loss};
use super::epsilon::EPSILON;
use super::plain::plain_loss;
use crate::math;

plain_loss! {
    /// The Kullback-Leibler divergence of distributions over the last axis: `loss = sum_c t_c ln(t_c / p_c)`,
    /// the mean over rows and samples.
    ///
    /// Targets and outputs are clipped to `1e-7 ..= 1`; where an output is clipped its gradient is 0.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{KLDivergence, Loss};
    /// let mut grad = [[0.0; 2]];
    /// let loss = KLDivergence::new().loss(&[[0.25, 0.75]], &[[0.5, 0.5]], None, &mut grad);
    /// assert!((loss - 0.5 * (4f32 / 3.0).ln()).abs() < 1e-6);
    /// assert_eq!(grad, [[-2.0, -0.5 / 0.75]]);
    /// ```
    KLDivergence
}

impl Elementwise for KLDivergence {
    const SUM: bool = true;

    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let (p, t) = (clip(o), clip(t));
        let d = -t / p;
        (t * math::ln(t / p), if p == o { d } else { 0.0 })
    }
}

super::elementwise::compiled!(KLDivergence);

elementwise_loss!(KLDivergence, SeveralUnits, "kl_divergence", |self, _y| {
    *self
});

/// Into `EPSILON ..= 1`; NaN stays.
#[inline(always)]
fn clip(p: f32) -> f32 {
    let p = if p < EPSILON { EPSILON } else { p };
    if p > 1.0 { 1.0 } else { p }
}
