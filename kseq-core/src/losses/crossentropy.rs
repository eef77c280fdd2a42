//! Keras's word `"crossentropy"`.

use super::weights::in_parts;
use super::{
    AsMetric, BinaryCrossentropy, CategoricalCrossentropy, InParts, Loss, Probabilities, Reduction,
};
use crate::activations::Act;
use crate::tensor::Tensor;

/// What Keras's `loss = "crossentropy"`, or `"ce"`, means: [`BinaryCrossentropy`] of one unit, and
/// [`CategoricalCrossentropy`] of several. (Keras looks at the targets too, and takes
/// [`SparseCategoricalCrossentropy`](super::SparseCategoricalCrossentropy) for class numbers: name that one for them.)
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{Crossentropy, Loss};
/// assert!((Crossentropy.call(&[[1.0f32]], &[[0.5]]) - 2f32.ln()).abs() < 1e-6);
/// assert!((Crossentropy.call(&[[1.0f32, 0.0]], &[[0.5, 0.5]]) - 2f32.ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Crossentropy;

const fn is_binary<Out: Tensor>() -> bool {
    Out::SHAPE.last() == 1
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Loss<Out> for Crossentropy {
    type Target = Out;
    type Units = Probabilities;
    const NAME: &'static str = "crossentropy";
    const FUSES: Option<Act> = match is_binary::<Out>() {
        true => <BinaryCrossentropy as Loss<Out>>::FUSES,
        false => <CategoricalCrossentropy as Loss<Out>>::FUSES,
    };

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        match is_binary::<Out>() {
            true => BinaryCrossentropy::new().loss(out, y, weight, grad),
            false => CategoricalCrossentropy::new().loss(out, y, weight, grad),
        }
    }

    fn in_parts(&self, samples: usize, _: &[Out], weight: Option<&[f32]>) -> InParts {
        in_parts::<Out>(Reduction::SumOverBatchSize, samples, weight)
    }

    fn fused(&self, out: &mut [Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        match is_binary::<Out>() {
            true => BinaryCrossentropy::new().fused(out, y, weight, grad),
            false => CategoricalCrossentropy::new().fused(out, y, weight, grad),
        }
    }
}

impl<Out: Tensor<Elem = f32>> AsMetric<Out> for Crossentropy {
    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        match is_binary::<Out>() {
            true => BinaryCrossentropy::new().total(out, y, weight),
            false => CategoricalCrossentropy::new().total(out, y, weight),
        }
    }
}
