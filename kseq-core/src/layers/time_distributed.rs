//! `TimeDistributed`: a layer for each step of a sequence, with the same parameters. For users:
//! `docs/layers/TimeDistributed.md`.
//!
//! A batch of sequences is a batch of all their steps, seen as it lies in memory: nothing is copied.
//!
//! ```
//! use kseq_core::activations::Linear;
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Dense, DenseParams, TimeDistributed};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let dense: Dense<2, 1, 1, Linear> = Dense::new(Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let layer = TimeDistributed::new(dense);
//! let p = DenseParams { kernel: [[1.0], [10.0]], bias: [0.5] };
//! let x = [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]];
//! let mut y = [[[0.0]; 3]];
//! layer.infer(&p, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[21.5], [43.5], [65.5]]]);
//! ```

use crate::base::layer_info::Inside;
use crate::error::Error;
use crate::facts::{Mask, Reads, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::layer::{Backward, Ctx, Layer};
use crate::open::Stepwise;
use crate::rng::Rng;
use crate::shape::{MAX_RANK, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// A layer for each step of a sequence.
///
/// In a layer list `TimeDistributed(..)`, whose arguments are explained in `kseq::layers::TimeDistributed`.
pub struct TimeDistributed<L> {
    layer: L,
}

impl<L> TimeDistributed<L> {
    /// The wrapper of a layer.
    #[must_use]
    pub const fn new(layer: L) -> Self {
        TimeDistributed { layer }
    }
}

/// The shape of a step, which the layer inside gets.
pub const fn step(input: Shape) -> Rule {
    if input.is_open(1) {
        let what = Text::new()
            .str("TimeDistributed takes steps of one shape, but those of its input ")
            .text(&input.text())
            .str(" are of any length (`None`)");
        let help = "give the size of every axis but the first: input_shape = (None, 28, 3)";
        return Err(Refusal::new(what, help));
    }
    if input.rank() >= 2 {
        return Ok(input.unstacked());
    }
    let what = Text::new()
        .str("TimeDistributed expects a sequence (steps, ...), found ")
        .text(&input.text());
    let help = "put it where the steps still are, or use the layer inside by itself";
    Err(Refusal::new(what, help))
}

/// The shape rule: `each` is what the layer inside says of a step.
pub const fn shape(input: Shape, each: Rule) -> Rule {
    match each {
        Ok(each) if each.rank() < MAX_RANK => Ok(each.stacked(input.dim(0))),
        Ok(each) => {
            let what = Text::new()
                .str("a step becomes ")
                .text(&each.text())
                .str(": with the steps these are more than 4 axes");
            Err(Refusal::new(what, "flatten each step"))
        }
        Err(refusal) => {
            let what = Text::new().str("in each step, ").text(&refusal.what);
            let then = match refusal.then {
                Some(each) if each.rank() < MAX_RANK => Some(each.stacked(input.dim(0))),
                _ => None,
            };
            Err(Refusal {
                what,
                then,
                ..refusal
            })
        }
    }
}

/// The steps of a sample; 1 of any number.
const fn all_steps<In: Stepwise>() -> usize {
    match In::LEN.checked_div(In::Step::LEN) {
        Some(steps) if steps > 0 => steps,
        _ => 1,
    }
}

impl<L, In, Out> Layer<In, Out> for TimeDistributed<L>
where
    L: Layer<In::Step, Out::Step>,
    In: Stepwise,
    Out: Stepwise<Elem = f32>,
{
    type Params = L::Params;
    type State = L::State;
    const CACHE: usize = all_steps::<In>() * L::CACHE;
    const READS_OUTPUT: Reads = L::READS_OUTPUT;
    const SCRATCH: usize = all_steps::<In>() * L::SCRATCH;
    const INFER_SCRATCH: usize = all_steps::<In>() * L::INFER_SCRATCH;
    const MACS: usize = L::MACS.saturating_mul(all_steps::<In>());
    const MASK: Mask = Mask::Keeps;

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        self.layer.init(p, s, rng);
    }

    fn check(&self, x: &[In]) -> Result<(), Error> {
        match self.layer.check(In::each(x)) {
            Err(Error::Input {
                sample,
                element,
                why,
            }) => Err(Error::Input {
                sample: sample / all_steps::<In>(),
                element: sample % all_steps::<In>() * In::Step::LEN + element,
                why,
            }),
            result => result,
        }
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        self.layer.infer(p, s, In::each(x), Out::each_mut(y), cx);
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        self.layer
            .forward(p, s, In::each(x), Out::each_mut(y), cache, cx);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        self.layer.backward(p, each_step(pass), dp, cx);
    }
}

impl<L, In, Out> Fusion<In, Out> for TimeDistributed<L>
where
    L: Fusion<In::Step, Out::Step>,
    In: Stepwise,
    Out: Stepwise<Elem = f32>,
{
    const STREAMING: Streaming = by_step::<Self, In, Out>();
    const INSIDE: Inside = L::INSIDE;
    const SCORES: bool = L::SCORES;

    fn backward_of(
        &self,
        p: &mut Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        self.layer.backward_of(p, each_step(pass), dp, cx);
    }
}

fn each_step<In: Stepwise, Out: Stepwise>(
    pass: Backward<'_, In, Out>,
) -> Backward<'_, In::Step, Out::Step> {
    Backward {
        x: In::each(pass.x),
        y: Out::each(pass.y),
        cache: pass.cache,
        dy: Out::each_mut(pass.dy),
        dx: pass.dx.map(In::each_mut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initializers::Initializer;
    use crate::layers::{Embedding, dense, reshape};

    #[test]
    fn the_rule_is_that_of_a_step() {
        let input = Shape::new(&[10, 28, 28]);
        let each = step(input).expect("a sequence");
        let rule = shape(input, dense::shape(each, 5));
        assert_eq!(rule.expect("fits"), Shape::new(&[10, 28, 5]));
        let refused = |rule: Rule| match rule {
            Ok(_) => panic!("must be refused"),
            Err(refusal) => refusal.what,
        };
        let none = refused(step(Shape::new(&[784])));
        let text = "TimeDistributed expects a sequence (steps, ...), found (784,)";
        assert_eq!(none.as_str(), text);
        let inside = refused(shape(input, dense::shape(each, 0)));
        let text = "in each step, units must be a positive integer, found 0";
        assert_eq!(inside.as_str(), text);
        let four = reshape::shape(each, &[Some(7), Some(4), Some(7), Some(4)]);
        assert!(
            refused(shape(input, four))
                .as_str()
                .contains("more than 4 axes")
        );
    }

    #[test]
    fn a_wrong_token_is_named_by_its_sample() {
        let layer = TimeDistributed::new(Embedding::<5, 2>::new(Initializer::ZEROS));
        let x = [[[0, 1, 2], [3, 4, 0]], [[0, 0, 0], [0, 9, 0]]];
        let error = Layer::<[[u32; 3]; 2], [[[f32; 2]; 3]; 2]>::check(&layer, &x);
        match error {
            Err(Error::Input {
                sample, element, ..
            }) => assert_eq!((sample, element), (1, 4)),
            other => panic!("{other:?}"),
        }
    }
}
