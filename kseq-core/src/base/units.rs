//! How many units an output has and with what it ends, as a type: what a loss may demand of a model.

use core::marker::PhantomData;

use super::sealed::Sealed;

/// The output has one unit on its last axis; `E` is what is known of its values, such as [`EndsWithSigmoid`].
pub struct OneUnit<E = EndsAnyhow>(PhantomData<E>);
/// The output has at least two units on its last axis.
pub struct ManyUnits<E = EndsAnyhow>(PhantomData<E>);

/// From a number to [`OneUnit`] or [`ManyUnits`].
pub struct Units<const SEVERAL: bool, E = EndsAnyhow>(PhantomData<E>);

/// Nothing is known of the outputs.
pub struct EndsAnyhow;
/// The last layer ends with a softmax.
pub struct EndsWithSoftmax;
/// The last layer ends with a sigmoid: values from 0 to 1.
pub struct EndsWithSigmoid;
/// The last layer ends with an activation whose values are positive, which sums can make probabilities of.
pub struct EndsWithPositive;
/// The last layer ends with an activation such as `relu` or `tanh`.
pub struct EndsWithOtherActivation;
/// The last layer has no activation.
pub struct EndsWithoutActivation;

impl<const SEVERAL: bool, E> Sealed for Units<SEVERAL, E> {}

/// See [`Units`].
pub trait UnitsOf: Sealed {
    /// [`OneUnit`] or [`ManyUnits`].
    type T;
}
impl<E> UnitsOf for Units<false, E> {
    type T = OneUnit<E>;
}
impl<E> UnitsOf for Units<true, E> {
    type T = ManyUnits<E>;
}
