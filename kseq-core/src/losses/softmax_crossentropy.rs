//! Crossentropy of a softmax, from its input: what both categorical losses fuse to.
//!
//! With p = softmax(z) and targets t, loss = sum t ln(1/p) = (sum t) ln(sum e^(z - max)) - sum t (z - max),
//! and its gradient with respect to z is (sum t) p - t. Nothing overflows and nothing is clipped.

use super::rowwise::{self, RowWise};
use super::targets::{ClassIndices, Labels, SoftLabels};
use super::weights::{Weights, reduced, scale};
use crate::activations::softmax::{block_len, max, shift, sum};
use crate::kernels::dispatch::{DEVICE, Wide, simd_fn};
use crate::kernels::fpu::{rolled, unknown_many};
use crate::math;
use crate::tensor::Tensor;

/// The reduced loss from the input of the softmax, which becomes its output, and the gradient of that
/// input. `divisor` is what the weighted sum is divided by.
pub(super) fn fused<Out: Tensor<Elem = f32>, T: Fused>(
    z: &mut [Out],
    labels: &T,
    weights: Weights<'_>,
    divisor: Wide,
    grad: &mut [Out],
) -> f32 {
    let (z, grad, width) = (Out::flat_mut(z), Out::flat_mut(grad), Out::SHAPE.last());
    let sum = labels.terms(z, weights, scale(divisor), grad, width);
    reduced(sum, divisor)
}

/// The loop below, compiled with this crate: see [`rowwise::Loops`].
pub(super) trait Fused: Labels {
    fn terms(
        &self,
        z: &mut [f32],
        weights: Weights<'_>,
        scale: f32,
        grad: &mut [f32],
        width: usize,
    ) -> Wide;
}

macro_rules! fused {
    ($labels:ty) => {
        impl Fused for $labels {
            #[inline(never)]
            fn terms(
                &self,
                z: &mut [f32],
                weights: Weights<'_>,
                scale: f32,
                grad: &mut [f32],
                width: usize,
            ) -> Wide {
                from_logits(z, self, weights, scale, grad, width)
            }
        }
    };
}
fused!(SoftLabels<'_>);
fused!(ClassIndices<'_>);

simd_fn! {
    /// `z` becomes its softmax, `grad` the gradient of the mean with respect to the old `z`; the
    /// weighted sum of the rows' losses.
    fn from_logits<T: Labels>(
        z: &mut [f32],
        labels: &T,
        weights: Weights<'_>,
        scale: f32,
        grad: &mut [f32],
        width: usize,
    ) -> Wide {
        let width = width.max(1);
        let mut total_loss = 0.0;
        if DEVICE {
            let rows = z.chunks_exact_mut(width).zip(grad.chunks_exact_mut(width));
            for (row, (z, grad)) in rows.enumerate() {
                let (z, grad) = (unknown_many(z), unknown_many(grad));
                shift(z);
                let dot = labels.dot(row, z);
                for z in z.iter_mut() {
                    rolled();
                    *z = math::exp(*z);
                }
                let weight = weights.of(row);
                let loss = finish(labels, row, z, dot, weight * scale, grad);
                total_loss += Wide::from(weight) * Wide::from(loss);
            }
            return total_loss;
        }
        let len = block_len(width);
        // In blocks of rows, so that `exp` runs over long vectors even if rows are short.
        for (block, (z, grad)) in z.chunks_mut(len).zip(grad.chunks_mut(len)).enumerate() {
            let first = block * (len / width);
            let rows = z.chunks_exact_mut(width).zip(grad.chunks_exact_mut(width));
            for (i, (z, grad)) in rows.enumerate() {
                shift(z);
                // The gradient's place holds it until the gradient is known.
                if let Some(place) = grad.first_mut() {
                    *place = labels.dot(first + i, z);
                }
            }
            for z in z.iter_mut() {
                *z = math::exp(*z);
            }
            let rows = z.chunks_exact_mut(width).zip(grad.chunks_exact_mut(width));
            for (i, (z, grad)) in rows.enumerate() {
                let row = first + i;
                let dot = grad.first().copied().unwrap_or(0.0);
                let weight = weights.of(row);
                let loss = finish(labels, row, z, dot, weight * scale, grad);
                total_loss += Wide::from(weight) * Wide::from(loss);
            }
        }
        total_loss
    }
}

/// From the powers `z` of a row its softmax, and the gradient times `factor`; the row's loss. `dot` is the sum of the targets
/// times the shifted inputs.
#[inline(always)]
fn finish<T: Labels>(
    labels: &T,
    row: usize,
    z: &mut [f32],
    dot: f32,
    factor: f32,
    grad: &mut [f32],
) -> f32 {
    let (sum, total) = (sum(z), labels.total(row, z.len()));
    let normalise = 1.0 / sum;
    for (z, grad) in z.iter_mut().zip(grad.iter_mut()) {
        rolled();
        *z *= normalise;
        *grad = *z;
    }
    labels.gradient(row, total, factor, grad);
    total * math::ln(sum) - dot
}

/// The same for rows that are to stay as they are.
pub(super) struct Logits<'a, T>(pub(super) &'a T);

impl<T: Labels> RowWise for Logits<'_, T> {
    /// The largest input, and 1 / sum of e^(z - largest).
    type Shared = (f32, f32);

    #[inline(always)]
    fn value(&self, row: usize, z: &[f32]) -> (f32, Self::Shared) {
        let largest = max(z);
        let sum = z.iter().fold(0.0, |sum, z| sum + math::exp(z - largest));
        let total = self.0.total(row, z.len());
        // sum t (z - largest), without the cancellation of far inputs.
        let loss = total * math::ln(sum) - self.0.dot_above(row, z, largest);
        (loss, (largest, 1.0 / sum))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, z: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        let (largest, normalise) = shared;
        for (p, z) in grad.iter_mut().zip(z) {
            *p = math::exp(z - largest) * normalise;
        }
        let total = self.0.total(row, z.len());
        self.0.gradient(row, total, factor, grad);
    }
}

rowwise::compiled!(Logits<'_, SoftLabels<'_>>);
rowwise::compiled!(Logits<'_, ClassIndices<'_>>);
