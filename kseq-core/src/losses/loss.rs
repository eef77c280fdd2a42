//! What a loss is: [`Loss`], and what it says of the outputs that it is meant for.

use crate::activations::Act;
use crate::base::direction::Direction;
use crate::base::share::InParts;
use crate::base::units::{
    EndsAnyhow, EndsWithOtherActivation, EndsWithPositive, EndsWithSigmoid, EndsWithSoftmax,
    EndsWithoutActivation, ManyUnits, OneUnit,
};
use crate::base::words::TheModel;
use crate::tensor::Tensor;
use crate::text::Note;

/// A loss between the output of a model and its targets.
///
/// The associated [`Loss::Target`] fixes the type of `y` in `fit`: wrong targets are an ordinary
/// type error, and nothing broadcasts.
#[diagnostic::on_unimplemented(
    message = "loss `{Self}` does not fit the output `{Out}` of the model",
    label = "this loss",
    note = "a loss is a value, such as `CategoricalCrossentropy::default()`; if it is one, change the last layer or take another loss; Keras's words go with the macro: `compile!(model, optimizer = \"adam\", loss = \"mse\")`"
)]
pub trait Loss<Out: Tensor<Elem = f32>>: Send + Sync {
    /// One target: an array as the output, class numbers, ...
    type Target: Tensor;
    /// [`AnyUnits`], or [`SeveralUnits`] for a loss over classes, which means nothing for one unit; [`YesNo`] and
    /// [`OverClasses`] for one that takes probabilities.
    type Units;
    /// Keras's name: `categorical_crossentropy`.
    const NAME: &'static str;
    /// The output activation with which the loss fuses: [`Loss::fused`] then starts from its input.
    const FUSES: Option<Act> = None;
    /// What `Accuracy` means with this loss.
    const ACCURACY: Accuracy = Accuracy::ByShape;

    /// The reduced loss of the samples, and its gradient, written to `grad`.
    ///
    /// `weight` holds one weight for each sample, or one for each row: see [`Weights`](super::Weights).
    fn loss(
        &self,
        out: &[Out],
        y: &[Self::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32;

    /// The same from the input of the activation [`Loss::FUSES`]: `out` holds that input and gets the
    /// activation's output; `grad` gets the gradient of that input.
    fn fused(
        &self,
        out: &mut [Out],
        y: &[Self::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        let width = Out::SHAPE.last();
        if let Some(act) = Self::FUSES {
            act.forward(Out::flat_mut(out), width);
        }
        let loss = self.loss(out, y, weight, grad);
        if let Some(act) = Self::FUSES {
            act.backward(Out::flat(out), &[], Out::flat_mut(grad), width);
        }
        loss
    }

    /// The loss by itself, as Keras calls it: `loss(y_true, y_pred)`, with this loss's reduction.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::losses::{Loss, MeanSquaredError};
    /// let (y_true, y_pred) = ([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]);
    /// assert_eq!(MeanSquaredError::new().call(&y_true, &y_pred), 0.5);
    /// ```
    #[cfg(feature = "std")]
    fn call(&self, y_true: &[Self::Target], y_pred: &[Out]) -> f32 {
        self.loss(y_pred, y_true, None, &mut y_pred.to_vec())
    }

    /// How the losses of the parts of a batch become that of the batch: `samples` outputs of a part, with their targets and weights,
    /// as [`Loss::loss`] gets them. By default a loss is a mean over samples; one that is a sum, or compares samples with each
    /// other, says so.
    fn in_parts(&self, samples: usize, y: &[Self::Target], weight: Option<&[f32]>) -> InParts {
        let _ = (y, weight);
        InParts::Mean(samples as f64)
    }

    /// What is wrong with the loss's own arguments, if anything: asked before anything is trained.
    fn check_arguments(&self) -> Option<Note> {
        None
    }

    /// What Keras calls this loss and its arguments; nothing for one's own.
    #[cfg(feature = "import")]
    #[doc(hidden)]
    fn said(&self) -> Option<serde_json::Value> {
        None
    }

    /// What is wrong with a target that its type allows (a class index too large), if anything.
    fn check(&self, y: &Self::Target) -> Option<Note> {
        let _ = y;
        None
    }
}

/// A loss that can be a metric: [`MeanMetricWrapper`](crate::metrics::MeanMetricWrapper) is the mean of
/// its rows. Reductions do not matter to a metric, and no gradient is computed.
pub trait AsMetric<Out: Tensor<Elem = f32>>: Loss<Out> {
    /// The name of the metric, if it is not that of the loss.
    const METRIC: &'static str = Self::NAME;
    /// Which values are better.
    const DIRECTION: Direction = Direction::Down;

    /// The sum of the rows' values, each times its weight, and the sum of the weights.
    fn total(&self, out: &[Out], y: &[Self::Target], weight: Option<&[f32]>) -> (f64, f64);
}

/// What `Accuracy` compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Accuracy {
    /// One unit: the rounded output; several: the largest.
    ByShape,
    /// Each rounded output, whatever the number of units (several labels a sample).
    Binary,
}

/// The loss takes any outputs.
pub struct AnyUnits;
/// The loss takes outputs of at least two units.
pub struct SeveralUnits;
/// The loss takes probabilities, each of its own: what a sigmoid gives. After `from_logits`, which is `LOGITS`, any outputs.
pub struct YesNo<const LOGITS: bool>;
/// The loss takes probabilities of at least two classes: what a softmax gives. After `from_logits`, which is `LOGITS`, any
/// outputs of at least two units.
pub struct OverClasses<const LOGITS: bool>;

/// The loss takes probabilities: what a sigmoid gives of one unit, and a softmax of several.
pub struct Probabilities;
/// The loss takes the inputs of a softmax over at least two classes.
pub struct Logits;

/// Whether a loss is meant for such outputs: `U` is [`Model::Units`](crate::model::Model).
pub trait MeantFor<Out: Tensor<Elem = f32>, U>: Loss<Out> {}

impl<Out: Tensor<Elem = f32>, U, L: Loss<Out>> MeantFor<Out, U> for L where
    TheModel: Covers<L::Units, U>
{
}

/// Whether [`Loss::Units`] covers outputs `U`. It is implemented for any type in place of `TheModel`: see `base/words.rs`.
#[diagnostic::on_unimplemented(
    message = "this loss compares output units with each other, but the model has only one",
    label = "needs at least two output units",
    note = "the softmax of one unit is always 1: for two classes end with `Dense(1, activation = \"sigmoid\")` and `BinaryCrossentropy`, or with `Dense(2, activation = \"softmax\")`"
)]
pub trait Covers<Demand, U> {}

impl<Z, U> Covers<AnyUnits, U> for Z {}
impl<Z, E> Covers<SeveralUnits, ManyUnits<E>> for Z {}
impl<Z, E> Covers<OverClasses<true>, ManyUnits<E>> for Z {}
impl<Z, E: GivesClasses> Covers<OverClasses<false>, ManyUnits<E>> for Z {}
impl<Z, U> Covers<YesNo<true>, U> for Z {}
impl<Z, E: GivesYesNo> Covers<YesNo<false>, ManyUnits<E>> for Z {}
impl<Z, E: GivesYesNo> Covers<YesNo<false>, OneUnit<E>> for Z {}
impl<Z, E: GivesClasses> Covers<Probabilities, ManyUnits<E>> for Z {}
impl<Z, E: GivesYesNo> Covers<Probabilities, OneUnit<E>> for Z {}
impl<Z, E: GivesLogits> Covers<Logits, ManyUnits<E>> for Z {}

/// The last layer ends with what may be probabilities of classes.
#[diagnostic::on_unimplemented(
    message = "this loss takes probabilities of classes, but the last layer gives none: `{Self}`",
    label = "takes probabilities",
    note = "end the last layer with `activation = \"softmax\"`; outputs that are no probabilities: `from_logits = True`, in Rust `.from_logits(true)`; `Insist(loss)` takes them as they are"
)]
pub trait GivesClasses {}

/// The last layer ends with what may be a probability.
#[diagnostic::on_unimplemented(
    message = "this loss takes probabilities, but the last layer gives none: `{Self}`",
    label = "takes probabilities",
    note = "end the last layer with `activation = \"sigmoid\"`; outputs that are no probabilities: `from_logits = True`, in Rust `.from_logits(true)`; `Insist(loss)` takes them as they are"
)]
pub trait GivesYesNo {}

/// The last layer does not end with a softmax.
#[diagnostic::on_unimplemented(
    message = "this loss applies a softmax itself, but the last layer ends with an activation: `{Self}`",
    label = "takes the inputs of a softmax",
    note = "leave `activation = ..` of the last layer out; `Insist(loss)` takes the outputs as they are"
)]
pub trait GivesLogits {}

macro_rules! gives {
    ($($trait:ident: $($end:ident)*;)*) => {
        $($(#[diagnostic::do_not_recommend] impl $trait for $end {})*)*
    };
}
gives! {
    GivesClasses: EndsAnyhow EndsWithSoftmax EndsWithSigmoid EndsWithPositive;
    GivesYesNo: EndsAnyhow EndsWithSoftmax EndsWithSigmoid;
    GivesLogits: EndsAnyhow EndsWithoutActivation EndsWithOtherActivation EndsWithPositive;
}
