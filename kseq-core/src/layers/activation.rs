//! `Activation`: `y = f(x)`, in the memory of `x` where the layer before allows it. The functions are in
//! [`crate::activations`]. For users: `docs/layers/Activation.md`.
//!
//! ```
//! use kseq_core::activations::Relu;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::Activation;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[0.0; 2]];
//! let relu = Activation::<Relu>::new();
//! relu.infer(&NoParams, &NoParams, &[[-1.0, 2.0]], &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[0.0, 2.0]]);
//! ```

use core::marker::PhantomData;

use super::activate::{activate, back_activation};
use super::rules::{open_features, same};
use crate::activations::{self, Act};
use crate::base::operator::Operator;
use crate::base::part::copy;
use crate::facts::{Mask, Reads, SampleWise};
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Applies the activation function `A`.
///
/// In a layer list `Activation(..)`, whose arguments are explained in `kseq::layers::Activation`.
pub struct Activation<A>(PhantomData<A>);

/// An activation with the bits of its arguments: see [`ReluOf`](activations::ReluOf).
pub type ReLU<const MAX: u32, const SLOPE: u32, const THRESHOLD: u32> =
    Activation<activations::ReluOf<MAX, SLOPE, THRESHOLD>>;
/// The same: see [`LeakyReluOf`](activations::LeakyReluOf).
pub type LeakyReLU<const SLOPE: u32> = Activation<activations::LeakyReluOf<SLOPE>>;
/// The same: see [`EluOf`](activations::EluOf).
pub type ELU<const ALPHA: u32> = Activation<activations::EluOf<ALPHA>>;

impl<A> Activation<A> {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Activation(PhantomData)
    }

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator
    where
        A: activations::Activation,
    {
        Operator::activation(A::INT8, In::SHAPE)
    }
}

impl<A> Default for Activation<A> {
    fn default() -> Self {
        Activation::new()
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "Activation")
}

/// The shape rule of a layer that ends with a softmax: what the layer's own rule says, but not for a single unit, unless
/// the user `insists`, and not over an axis of any length.
pub const fn softmax(rule: Rule, insists: bool) -> Rule {
    let Ok(output) = rule else {
        return rule;
    };
    if let Some(refusal) = open_features("softmax", "", output) {
        return Err(refusal.then(output));
    }
    if output.last() != 1 || insists {
        return rule;
    }
    let what = Text::new().str("softmax over one unit is 1 whatever the input: it learns nothing");
    let help = "a probability is activation = \"sigmoid\" with the loss \"binary_crossentropy\"; \
                softmax is for two units or more; `#[insist]` before the layer takes it as it is";
    let mut refusal = Refusal::new(what, help);
    refusal.then = Some(output);
    Err(refusal)
}

impl<A: activations::Activation> InPlace for Activation<A> {
    type Params = NoParams;
    type State = NoParams;
    const CACHES: bool = A::KEEPS_INPUT;
    const READS_OUTPUT: Reads = A::READS_OUTPUT;
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const POINTWISE: bool = matches!(A::ACT, Some(Act::Linear | Act::Relu));
    const RISES: bool = match A::ACT {
        Some(act) => act.rises(),
        None => false,
    };
    const MASK: Mask = Mask::Keeps;
    const KEEPS_SIGN: bool = A::KEEPS_SIGN;
    const IS_RELU: bool = matches!(A::ACT, Some(Act::Relu));

    fn infer_in_place(
        &self,
        _: &NoParams,
        _: &NoParams,
        y: &mut [f32],
        width: usize,
        cx: &Ctx<'_>,
    ) {
        activate(y, A::forward, width, cx.pool);
    }

    fn forward_in_place(
        &self,
        p: &NoParams,
        s: &mut NoParams,
        y: &mut [f32],
        cache: &mut [f32],
        width: usize,
        cx: &Ctx<'_>,
    ) {
        if A::KEEPS_INPUT {
            copy(cache, y);
        }
        self.infer_in_place(p, s, y, width, cx);
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        pass: BackwardInPlace<'_>,
        _: &mut NoParams,
        cx: &Ctx<'_>,
    ) {
        let f = A::backward;
        back_activation(pass.y, pass.cache, pass.dy, f, pass.width, cx.pool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_stays() {
        for input in [&[7][..], &[4, 4, 8], &[2, 3, 4, 5]] {
            let input = Shape::new(input);
            assert!(shape(input).is_ok_and(|output| output == input));
        }
        assert!(shape(Shape::tokens(&[80])).is_err());
    }
}
