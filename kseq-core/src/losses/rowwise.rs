//! Losses whose value for a row needs the whole row: a norm, a largest element, a sum.

use super::weights::{Reduction, Weights, reduced, scale, wide};
use crate::kernels::dispatch::{Wide, simd_fn};
use crate::tensor::Tensor;

/// The loss of one row; the targets are the implementor's.
pub(super) trait RowWise {
    /// What the value found out that the gradient needs too.
    type Shared: Copy;
    /// The loss of row number `row`, whose outputs are `o`.
    fn value(&self, row: usize, o: &[f32]) -> (f32, Self::Shared);
    /// `factor` times the derivatives.
    fn gradient(&self, row: usize, o: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]);
}

/// The loops over rows, which [`compiled`] compiles with this crate: a debug build optimises it, not what is generic over
/// a user's type.
pub(super) trait Loops: RowWise {
    /// The weighted sum of the rows' losses; `grad`, which may be empty, gets the derivatives times weight and `scale`.
    fn terms(
        &self,
        out: &[f32],
        weights: Weights<'_>,
        scale: f32,
        grad: &mut [f32],
        width: usize,
    ) -> Wide;
}

/// [`Loops`] of a type that is [`RowWise`].
macro_rules! compiled {
    ($row:ty) => {
        impl $crate::losses::rowwise::Loops for $row {
            #[inline(never)]
            fn terms(
                &self,
                out: &[f32],
                weights: $crate::losses::Weights<'_>,
                scale: f32,
                grad: &mut [f32],
                width: usize,
            ) -> $crate::kernels::dispatch::Wide {
                $crate::losses::rowwise::terms(self, out, weights, scale, grad, width)
            }
        }
    };
}
pub(super) use compiled;

/// The reduced loss of all rows, and its gradient.
pub(super) fn loss<Out: Tensor<Elem = f32>, L: Loops>(
    loss: &L,
    reduction: Reduction,
    out: &[Out],
    weight: Option<&[f32]>,
    grad: &mut [Out],
) -> f32 {
    let weights = Weights::new(out, weight);
    loss_by(loss, weights.divisor(reduction), out, weights, grad)
}

/// The same, divided by `divisor`.
pub(super) fn loss_by<Out: Tensor<Elem = f32>, L: Loops>(
    loss: &L,
    divisor: Wide,
    out: &[Out],
    weights: Weights<'_>,
    grad: &mut [Out],
) -> f32 {
    let (out, grad, width) = (Out::flat(out), Out::flat_mut(grad), Out::SHAPE.last());
    reduced(
        loss.terms(out, weights, scale(divisor), grad, width.max(1)),
        divisor,
    )
}

/// The weighted sum of the rows' losses.
pub(super) fn sum<Out: Tensor<Elem = f32>, L: Loops>(
    loss: &L,
    out: &[Out],
    weights: Weights<'_>,
) -> f64 {
    let width = Out::SHAPE.last().max(1);
    wide(loss.terms(Out::flat(out), weights, 1.0, &mut [], width))
}

simd_fn! {
    /// The weighted sum of the rows' losses; `grad`, which may be empty, gets the derivatives times weight and `scale`.
    pub(super) fn terms<L: RowWise>(
        loss: &L,
        out: &[f32],
        weights: Weights<'_>,
        scale: f32,
        grad: &mut [f32],
        width: usize,
    ) -> Wide {
        let (mut total, mut grads) = (0.0, grad.chunks_exact_mut(width));
        for (row, out) in out.chunks_exact(width).enumerate() {
            let (value, shared) = loss.value(row, out);
            let weight = weights.of(row);
            total += Wide::from(weight) * Wide::from(value);
            if let Some(grad) = grads.next() {
                loss.gradient(row, out, shared, weight * scale, grad);
            }
        }
        total
    }
}

/// [`Loss`](super::Loss) and [`AsMetric`](super::AsMetric) of a loss over classes whose rows are compared as [`RowWise`] says.
macro_rules! rowwise_loss {
    ($loss:ty, $name:literal, |$self:ident, $targets:ident| $row:expr) => {
        #[diagnostic::do_not_recommend]
        impl<Out: $crate::tensor::Tensor<Elem = f32>> $crate::losses::Loss<Out> for $loss {
            type Target = Out;
            type Units = $crate::losses::SeveralUnits;
            const NAME: &'static str = $name;

            #[cfg(feature = "import")]
            fn said(&self) -> Option<serde_json::Value> {
                let is_default = *self == <$loss>::default();
                is_default.then(|| $crate::base::said::object(stringify!($loss), &[]))
            }

            fn loss(&$self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
                let $targets = $crate::losses::targets::SoftLabels::new(y);
                $crate::losses::rowwise::loss(&$row, $self.reduction, out, weight, grad)
            }

            $crate::losses::weights::reduced_in_parts!(Out);
        }

        impl<Out: $crate::tensor::Tensor<Elem = f32>> $crate::losses::AsMetric<Out> for $loss {
            fn total(&$self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
                let $targets = $crate::losses::targets::SoftLabels::new(y);
                let weights = $crate::losses::Weights::new(out, weight);
                let sum = $crate::losses::rowwise::sum(&$row, out, weights);
                (sum, weights.total())
            }
        }
    };
}

pub(super) use rowwise_loss;
