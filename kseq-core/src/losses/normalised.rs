//! Losses between distributions of which the outputs are first divided by their sum.

use super::elementwise::Elementwise;
use super::rowwise::RowWise;
use super::targets::SoftLabels;
use crate::activations::softmax::{max, sum};
use crate::math;

/// The sum over the classes of `element(q, t)`, with q the row's outputs divided by their sum.
pub(super) struct Probabilities<'a, E> {
    pub(super) targets: SoftLabels<'a>,
    pub(super) element: E,
}

/// The same with q the softmax of the row's outputs.
pub(super) struct Logits<'a, E> {
    pub(super) targets: SoftLabels<'a>,
    pub(super) element: E,
}

/// The sum of the elements, and of the derivatives times q.
#[inline(always)]
fn sums<E: Elementwise>(
    element: &E,
    targets: &SoftLabels<'_>,
    row: usize,
    o: &[f32],
    q: impl Fn(f32) -> f32,
) -> (f32, f32) {
    let (mut loss, mut mean) = (0.0, 0.0);
    for (o, t) in o.iter().zip(targets.row(row)) {
        let q = q(*o);
        let (value, d) = element.element(q, targets.smoothed(*t));
        loss += value;
        mean += d * q;
    }
    (loss, mean)
}

impl<E: Elementwise> RowWise for Probabilities<'_, E> {
    /// 1 / sum, and the mean derivative.
    type Shared = (f32, f32);

    #[inline(always)]
    fn value(&self, row: usize, o: &[f32]) -> (f32, Self::Shared) {
        let total = sum(o);
        // A row of zeros (behind relu) stays one: q is clipped, and there is no gradient.
        let normalise = if total.abs() < f32::MIN_POSITIVE {
            0.0
        } else {
            1.0 / total
        };
        let q = |o| o * normalise;
        let (loss, mean) = sums(&self.element, &self.targets, row, o, q);
        (loss, (normalise, mean))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, o: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        // do = (dq - sum(dq q)) / sum(o)
        let (normalise, mean) = shared;
        let factor = factor * normalise;
        for ((grad, o), t) in grad.iter_mut().zip(o).zip(self.targets.row(row)) {
            let (_, d) = self
                .element
                .element(o * normalise, self.targets.smoothed(*t));
            *grad = (d - mean) * factor;
        }
    }
}

impl<E: Elementwise> RowWise for Logits<'_, E> {
    /// The largest output, 1 / sum of e^(o - largest), and the mean derivative.
    type Shared = (f32, f32, f32);

    #[inline(always)]
    fn value(&self, row: usize, o: &[f32]) -> (f32, Self::Shared) {
        let largest = max(o);
        let total = o.iter().fold(0.0, |sum, o| sum + math::exp(o - largest));
        let normalise = 1.0 / total;
        let q = |o| math::exp(o - largest) * normalise;
        let (loss, mean) = sums(&self.element, &self.targets, row, o, q);
        (loss, (largest, normalise, mean))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, o: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        // do = q (dq - sum(dq q))
        let (largest, normalise, mean) = shared;
        for ((grad, o), t) in grad.iter_mut().zip(o).zip(self.targets.row(row)) {
            let q = math::exp(o - largest) * normalise;
            let (_, d) = self.element.element(q, self.targets.smoothed(*t));
            *grad = (d - mean) * q * factor;
        }
    }
}
