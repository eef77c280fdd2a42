//! The cosine of the angle between output and target.

use super::epsilon::EPSILON;
use super::plain::plain_loss;
use super::rowwise::{self, RowWise};
use super::targets::SoftLabels;
use super::{AsMetric, Loss, SeveralUnits, Weights};
use crate::activations::softmax::dot;
use crate::base::direction::Direction;
use crate::math;
use crate::tensor::Tensor;

plain_loss! {
    /// Over the last axis, `loss = -sum(t o) / (|t| |o|)`, the mean over rows and samples: -1 where output
    /// and target point the same way, 1 where they are opposed.
    ///
    /// A row shorter than `1e-7` is taken to be so long. As a metric the sign is the other way round, as in
    /// Keras: 1 is best.
    ///
    /// # Targets
    /// The type of the output.
    ///
    /// ```
    /// use kseq_core::losses::{CosineSimilarity, Loss};
    /// let mut grad = [[0.0; 2]; 2];
    /// let (out, y) = ([[1.0, 0.0], [2.0, 2.0]], [[0.0, 3.0], [1.0, 1.0]]);
    /// let loss = CosineSimilarity::new().loss(&out, &y, None, &mut grad);
    /// assert!((loss + 0.5).abs() < 1e-6);
    /// assert_eq!(grad[0], [0.0, -0.5]);
    /// ```
    CosineSimilarity
}

/// 1 / length, at most 1 / epsilon.
#[inline(always)]
fn inverse_length(row: &[f32]) -> f32 {
    let inverse = 1.0 / math::sqrt(dot(row, row));
    if inverse > 1.0 / EPSILON {
        1.0 / EPSILON
    } else {
        inverse
    }
}

struct Cosine<'a>(SoftLabels<'a>);

impl RowWise for Cosine<'_> {
    /// The inverse lengths of output and target, and the loss.
    type Shared = (f32, f32, f32);

    #[inline(always)]
    fn value(&self, row: usize, o: &[f32]) -> (f32, Self::Shared) {
        let t = self.0.row(row);
        let (by_o, by_t) = (inverse_length(o), inverse_length(t));
        let loss = -dot(t, o) * by_t * by_o;
        (loss, (by_o, by_t, loss))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, o: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        let (by_o, by_t, loss) = shared;
        // d(1 / |o|) = -o / |o|^3, and 0 where the length is given.
        let turn = if by_o < 1.0 / EPSILON {
            loss * by_o * by_o
        } else {
            0.0
        };
        for ((grad, o), t) in grad.iter_mut().zip(o).zip(self.0.row(row)) {
            *grad = -factor * (t * by_t * by_o + o * turn);
        }
    }
}

impl<Out: Tensor<Elem = f32>> Loss<Out> for CosineSimilarity {
    type Target = Out;
    type Units = SeveralUnits;
    const NAME: &'static str = "cosine_similarity";

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let cosine = Cosine(SoftLabels::new(y));
        rowwise::loss(&cosine, self.reduction, out, weight, grad)
    }
}

impl<Out: Tensor<Elem = f32>> AsMetric<Out> for CosineSimilarity {
    const DIRECTION: Direction = Direction::Up;

    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        let weights = Weights::new(out, weight);
        let sum = rowwise::sum(&Cosine(SoftLabels::new(y)), out, weights);
        (-sum, weights.total())
    }
}
