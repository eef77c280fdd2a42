//! A user's function as a loss.

use crate::kernels::dispatch::Wide;
use core::marker::PhantomData;

use super::plain::reduction;
use super::weights::{Reduction, Weights, in_parts, reduced, scale};
use super::{AnyUnits, InParts, Loss};
use crate::tensor::Tensor;

/// A loss from a function of one sample: see [`function`].
pub struct Function<Y, F> {
    f: F,
    reduction: Reduction,
    targets: PhantomData<fn(Y)>,
}

impl<Y, F> Function<Y, F> {
    reduction!();
}

impl<Y, F: Clone> Clone for Function<Y, F> {
    fn clone(&self) -> Self {
        Function {
            f: self.f.clone(),
            reduction: self.reduction,
            targets: PhantomData,
        }
    }
}

/// A loss from a plain function of a sample's target and output. It returns the sample's loss and writes
/// the derivatives with respect to the output to its third argument; reductions and weights are the
/// library's business.
///
/// The types of the arguments say for which model and targets it is. For a loss that fuses with an
/// activation, checks its targets or has a name implement [`Loss`].
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{self, Loss};
///
/// /// The output is to be at least the target; what is more costs nothing.
/// fn shortfall(y_true: &[f32; 2], y_pred: &[f32; 2], gradient: &mut [f32; 2]) -> f32 {
///     let mut loss = 0.0;
///     for i in 0..2 {
///         let short = (y_true[i] - y_pred[i]).max(0.0);
///         loss += short * short;
///         gradient[i] = -2.0 * short;
///     }
///     loss
/// }
/// let (out, y) = ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 8.0]]);
/// let mut grad = out;
/// assert_eq!(losses::function(shortfall).loss(&out, &y, None, &mut grad), 8.0);
/// assert_eq!(grad, [[0.0, 0.0], [0.0, -4.0]]);
/// // The second sample counts half.
/// let weight = Some(&[1.0, 0.5][..]);
/// assert_eq!(losses::function(shortfall).loss(&out, &y, weight, &mut grad), 4.0);
/// ```
#[must_use]
pub const fn function<Out, Y, F>(f: F) -> Function<Y, F>
where
    F: Fn(&Y, &Out, &mut Out) -> f32,
{
    Function {
        f,
        reduction: Reduction::SumOverBatchSize,
        targets: PhantomData,
    }
}

#[diagnostic::do_not_recommend]
impl<Out, Y, F> Loss<Out> for Function<Y, F>
where
    Out: Tensor<Elem = f32>,
    Y: Tensor,
    F: Fn(&Y, &Out, &mut Out) -> f32 + Send + Sync,
{
    type Target = Y;
    type Units = AnyUnits;
    const NAME: &'static str = "function";

    fn in_parts(&self, samples: usize, _: &[Y], weight: Option<&[f32]>) -> InParts {
        in_parts::<Out>(self.reduction, samples, weight)
    }

    fn loss(&self, out: &[Out], y: &[Y], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let weights = Weights::new(out, weight);
        // A row of this loss is a sample.
        let divisor = match (self.reduction, weight) {
            (Reduction::Sum, _) => 1.0,
            (Reduction::MeanWithSampleWeight, Some(_)) => (0..out.len())
                .map(|i| Wide::from(weights.of_sample(i)))
                .sum(),
            _ => weights.samples(),
        };
        let (mut sum, scale) = (0.0, scale(divisor));
        for (i, ((out, y), grad)) in out.iter().zip(y).zip(grad).enumerate() {
            let weight = weights.of_sample(i);
            sum += Wide::from(weight) * Wide::from((self.f)(y, out, grad));
            for d in Out::flat_mut(core::slice::from_mut(grad)) {
                *d *= weight * scale;
            }
        }
        reduced(sum, divisor)
    }
}
