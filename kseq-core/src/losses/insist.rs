//! A loss with outputs for which it is not meant.

use super::{Accuracy, AnyUnits, InParts, Loss};
use crate::activations::Act;
use crate::tensor::Tensor;
use crate::text::Note;

/// A loss for whoever means it: no matter with which activation the model ends, and how many units it has.
///
/// Losses that take probabilities are refused after an activation that gives none (`relu`, `tanh`, or no activation), where
/// Keras clips the outputs to `1e-7 ..= 1 - 1e-7` and trains on. With it kseq does so, too.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{BinaryCrossentropy, Insist, Loss};
/// let loss = Insist(BinaryCrossentropy::new());
/// assert_eq!(loss.call(&[[1.0f32]], &[[2.0f32]]), BinaryCrossentropy::new().call(&[[1.0f32]], &[[2.0f32]]));
/// ```
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Insist<L>(pub L);

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, L: Loss<Out>> Loss<Out> for Insist<L> {
    type Target = L::Target;
    type Units = AnyUnits;
    const NAME: &'static str = L::NAME;
    const FUSES: Option<Act> = L::FUSES;
    const ACCURACY: Accuracy = L::ACCURACY;

    fn loss(&self, out: &[Out], y: &[L::Target], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        self.0.loss(out, y, weight, grad)
    }

    fn fused(
        &self,
        out: &mut [Out],
        y: &[L::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        self.0.fused(out, y, weight, grad)
    }

    fn in_parts(&self, samples: usize, y: &[L::Target], weight: Option<&[f32]>) -> InParts {
        self.0.in_parts(samples, y, weight)
    }

    fn check_arguments(&self) -> Option<Note> {
        self.0.check_arguments()
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        self.0.said()
    }

    fn check(&self, y: &L::Target) -> Option<Note> {
        self.0.check(y)
    }
}
