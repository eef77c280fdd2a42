//! The hinge loss between classes.

use super::plain::plain_loss;
use super::rowwise::{RowWise, rowwise_loss};
use super::targets::SoftLabels;
use crate::activations::softmax::dot;

plain_loss! {
    /// Over the last axis, `loss = max(max_c((1 - t_c) o_c) - sum_c(t_c o_c) + 1, 0)`, the mean over rows
    /// and samples: the right class must be ahead of all others by 1.
    ///
    /// Where several wrong classes are largest, they share the gradient.
    ///
    /// # Targets
    /// The type of the output, one-hot.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{CategoricalHinge, Loss};
    /// let mut grad = [[0.0; 3]];
    /// let loss = CategoricalHinge::new();
    /// let loss = loss.loss(&[[0.5, 1.0, 0.25]], &[[1.0, 0.0, 0.0]], None, &mut grad);
    /// assert_eq!((loss, grad), (1.5, [[-1.0, 1.0, 0.0]]));
    /// ```
    CategoricalHinge
}

impl RowWise for SoftLabels<'_> {
    /// The largest wrong output, and how many there are of it; nothing if the margin is kept.
    type Shared = Option<(f32, f32)>;

    #[inline(always)]
    fn value(&self, row: usize, o: &[f32]) -> (f32, Self::Shared) {
        let t = self.row(row);
        let (mut largest, mut count) = (f32::NEG_INFINITY, 0.0);
        for (o, t) in o.iter().zip(t) {
            let wrong = (1.0 - t) * o;
            if wrong > largest {
                (largest, count) = (wrong, 1.0);
            } else if wrong == largest {
                count += 1.0;
            }
        }
        let short = largest - dot(t, o) + 1.0;
        if short < 0.0 {
            return (0.0, None);
        }
        (short, Some((largest, count)))
    }

    #[inline(always)]
    fn gradient(&self, row: usize, o: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        let Some((largest, count)) = shared else {
            return grad.fill(0.0);
        };
        for ((grad, o), t) in grad.iter_mut().zip(o).zip(self.row(row)) {
            let wrong = (1.0 - t) * o;
            let pulled = if wrong == largest {
                (1.0 - t) / count
            } else {
                0.0
            };
            *grad = factor * (pulled - t);
        }
    }
}

super::rowwise::compiled!(SoftLabels<'_>);

rowwise_loss!(CategoricalHinge, "categorical_hinge", |self, targets| {
    targets
});
