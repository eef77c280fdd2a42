//! Whether a user's type implements the trait that its place in a model demands.
//!
//! The compiler reports a missing trait at each of the places where the expansion of `sequential!`
//! relies on it. So the expansion asks first, in a constant: the answer is one error in Keras's
//! words, at the layer or argument, and what is built on that constant stays quiet.
//!
//! ```
//! use kseq_core::activations::Relu;
//! use kseq_core::probe::{Missing, Probe};
//! assert!(Probe::<Relu>::IS_ACTIVATION);
//! assert!(!Probe::<u8>::IS_ACTIVATION);
//! ```

use core::marker::PhantomData;

use crate::activations::Activation;
use crate::chain::Link;
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::layer::{InPlace, Layer, ShapeRule};
use crate::regularizers::Regularizer;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// The question. The constants of [`Missing`] answer it unless there is one with a trait bound that
/// holds.
pub struct Probe<T>(PhantomData<T>);

/// The answers if no trait bound holds.
pub trait Missing {
    /// Whether the type is an [`Activation`].
    const IS_ACTIVATION: bool = false;
    /// Whether the first type of the tuple is a [`Layer`] between the other two.
    const IS_LAYER: bool = false;
    /// Whether the type is [`InPlace`].
    const IS_IN_PLACE: bool = false;
    /// What the first type of the pair answers as the [`ShapeRule`] of the second.
    const RULE: Option<Rule> = None;
}

impl<T> Missing for Probe<T> {}

impl<A: Activation> Probe<A> {
    /// See [`Missing`].
    pub const IS_ACTIVATION: bool = true;
}

impl<L: InPlace> Probe<L> {
    /// See [`Missing`].
    pub const IS_IN_PLACE: bool = true;
}

impl<L: ShapeRule<In>, In: Tensor> Probe<(L, In)> {
    /// See [`Missing`].
    pub const RULE: Option<Rule> = Some(L::OUTPUT);
}

impl<L: Layer<In, Out>, In: Tensor, Out: Tensor> Probe<(L, In, Out)> {
    /// See [`Missing`].
    pub const IS_LAYER: bool = true;
}

/// Refuses the type `name` as an activation.
#[must_use]
pub const fn activation(is_activation: bool, name: &str) -> Option<Refusal> {
    if is_activation {
        return None;
    }
    let what = Text::new().str("`").str(name).str("` is not an activation");
    Some(Refusal::new(
        what,
        "implement the trait `Activation` for it",
    ))
}

/// Refuses the type `name` as a layer between two links of the chain, if nothing is wrong with those.
#[must_use]
pub const fn layer(
    (is_layer, is_in_place): (bool, bool),
    name: &str,
    input: &Link,
    output: &Link,
) -> Option<Refusal> {
    if !input.is_known() || !output.is_sound() {
        return None;
    }
    let (input, output) = (input.shape(), output.shape());
    if is_layer {
        return in_place(is_in_place, name, input, output);
    }
    let what = Text::new()
        .str("`")
        .str(name)
        .str("` has a `ShapeRule`, but does not implement `Layer<")
        .text(&input.type_text())
        .str(", ")
        .text(&output.type_text())
        .str(">`");
    let help = "implement that trait for it, or change what its `ShapeRule` answers";
    Some(Refusal::new(what, help))
}

/// Refuses an initializer whose own check does.
#[must_use]
pub const fn initializer(initializer: Initializer) -> Option<Refusal> {
    match initializer.check() {
        Some(what) => Some(Refusal::new(what, "give the initializer other arguments")),
        None => None,
    }
}

/// Refuses a regularizer whose own check does.
#[must_use]
pub const fn regularizer(regularizer: Regularizer) -> Option<Refusal> {
    match regularizer.check() {
        Some(what) => {
            let help = "a penalty is added to the loss: 0.01 is usual";
            Some(Refusal::new(what, help))
        }
        None => None,
    }
}

/// Refuses a constraint whose own check does.
#[must_use]
pub const fn constraint(constraint: Constraint) -> Option<Refusal> {
    match constraint.check() {
        Some(what) => {
            let help = "the norms of trained weights are about 1 to 4: max_value = 2 is usual";
            Some(Refusal::new(what, help))
        }
        None => None,
    }
}

/// Refuses the type `name` as an in-place layer that changes the number of elements.
const fn in_place(is: bool, name: &str, input: Shape, output: Shape) -> Option<Refusal> {
    let same = match (input.len(), output.len()) {
        (Some(before), Some(after)) => before == after,
        _ => true,
    };
    if !is || same {
        return None;
    }
    let what = Text::new()
        .str("`")
        .str(name)
        .str("` is `InPlace`, but its `ShapeRule` makes ")
        .text(&input.text())
        .str(" to ")
        .text(&output.text())
        .str(", another number of elements");
    let help = "implement `Layer` for it instead of `InPlace`";
    Some(Refusal::new(what, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_recognised() {
        type Flatten<Out> = Probe<(crate::layers::Flatten, [[f32; 3]; 2], Out)>;
        const { assert!(Flatten::<[f32; 6]>::IS_LAYER) };
        type Wrong = Probe<(crate::layers::Flatten, [u32; 3], [f32; 3])>;
        const { assert!(!Wrong::IS_LAYER) };
    }
}
