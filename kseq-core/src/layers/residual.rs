//! `Residual`: `y = x + f(x)`. For users: `docs/layers/Residual.md`.
//!
//! ```
//! use kseq_core::activations::Linear;
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Dense, DenseParams, Residual};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let dense: Dense<2, 2, 2, Linear> = Dense::new(Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = DenseParams { kernel: [[1.0, 0.0], [0.0, 10.0]], bias: [0.5, 0.0] };
//! let mut y = [[0.0; 2]];
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0);
//! Residual::new(dense).infer(&p, &NoParams, &[[1.0, 2.0]], &mut y, &mut cx);
//! assert_eq!(y, [[2.5, 22.0]]);
//! ```

use crate::base::layer_info::Inside;
use crate::error::Error;
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer, Needs};
use crate::rng::Rng;
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// What a layer adds to its input.
///
/// In a layer list `Residual([..])`, whose arguments are explained in `kseq::layers::Residual`.
pub struct Residual<L> {
    layer: L,
}

impl<L> Residual<L> {
    /// Around the layer that computes what is added.
    #[must_use]
    pub const fn new(layer: L) -> Self {
        Residual { layer }
    }
}

/// The shape rule: `inside` is what the layers inside say of the input.
pub const fn shape(input: Shape, inside: Rule) -> Rule {
    let Ok(output) = inside else {
        return inside;
    };
    if matches!(input.elem(), Elem::U32) {
        let what = Text::new().str("Residual adds to its input, which are tokens here");
        let help = "put it behind the Embedding";
        return Err(Refusal::new(what, help).then(output));
    }
    if input.same(&output) {
        return Ok(input);
    }
    let what = Text::new()
        .str("Residual adds what its layers give, ")
        .text(&output.text())
        .str(", to what they are given, ")
        .text(&input.text())
        .str(": both must have one shape");
    let help = Text::new().str(match input.rank() == output.rank() {
        true if input.last() != output.last() => "let its last layer give as many features: ",
        true => {
            "let its convolutions and poolings keep the size (padding = \"same\", strides of 1): "
        }
        false => "let its last layer give the shape of the input: ",
    });
    Err(Refusal {
        what,
        help: help.text(&input.text()),
        then: Some(input),
    })
}

/// What of the inner output the backward pass reads is kept in the cache: the memory of the output has the sum.
const fn kept<L: Layer<In, In>, In: Tensor>() -> usize {
    match L::READS_OUTPUT {
        Reads::Nothing => 0,
        _ => In::LEN,
    }
}

impl<L: Layer<In, In>, In: Tensor<Elem = f32>> Layer<In, In> for Residual<L> {
    type Params = L::Params;
    type State = L::State;
    const CACHE: usize = kept::<L, In>() + L::CACHE;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const STATEFUL: bool = L::STATEFUL;
    // The gradient of the sum, behind what the layer needs.
    const SCRATCH: usize = L::SCRATCH + In::LEN;
    const INFER_SCRATCH: usize = L::INFER_SCRATCH;
    const NEEDS: Needs = {
        let mut needs = L::NEEDS;
        needs.cache.step += kept::<L, In>();
        needs.scratch.step += In::LEN;
        needs
    };
    const MACS: usize = L::MACS;
    const MASK: Mask = match L::MASK {
        Mask::Makes => Mask::Drops,
        other => other,
    };

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        self.layer.init(p, s, rng);
    }

    fn reset_states(&self, s: &mut Self::State) {
        self.layer.reset_states(s);
    }

    fn check(&self, x: &[In]) -> Result<(), Error> {
        self.layer.check(x)
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        self.layer.infer(p, s, x, y, cx);
        add(In::flat(x), In::flat_mut(y));
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[In],
        y: &mut [In],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let len = x.len() * kept::<L, In>();
        let (inner, cache) = cache.split_at_mut_checked(len).unwrap_or_default();
        self.layer.forward(p, s, x, y, cache, cx);
        let y = In::flat_mut(y);
        inner.iter_mut().zip(&*y).for_each(|(inner, y)| *inner = *y);
        add(In::flat(x), y);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, In>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        back::<L, In>(pass, cx, |pass, cx| self.layer.backward(p, pass, dp, cx));
    }
}

/// The backward pass around that of the layer `L`.
fn back<L: Layer<In, In>, In: Tensor<Elem = f32>>(
    pass: Backward<'_, In, In>,
    cx: &mut Ctx<'_>,
    layer: impl FnOnce(Backward<'_, In, In>, &mut Ctx<'_>),
) {
    let Backward {
        x,
        y,
        cache,
        dy,
        mut dx,
    } = pass;
    let len = x.len() * kept::<L, In>();
    let (inner, cache) = cache.split_at_checked(len).unwrap_or_default();
    let y = match len {
        0 => y,
        _ => In::view(inner),
    };
    // The layer may overwrite the gradient of its output, which is that of the sum, too.
    let memory = core::mem::take(&mut cx.scratch);
    let at = memory.len().saturating_sub(In::flat(x).len());
    let (scratch, sum) = memory.split_at_mut(at);
    if dx.is_some() {
        sum.iter_mut()
            .zip(In::flat(dy))
            .for_each(|(sum, dy)| *sum = *dy);
    }
    let pass = Backward {
        x,
        y,
        cache,
        dy,
        dx: dx.as_deref_mut(),
    };
    layer(pass, &mut cx.in_scratch(scratch));
    if let Some(dx) = dx {
        add(sum, In::flat_mut(dx));
    }
    cx.scratch = memory;
}

impl<L: Fusion<In, In>, In: Tensor<Elem = f32>> Fusion<In, In> for Residual<L> {
    const INSIDE: Inside = L::INSIDE;
    const SCORES: bool = L::SCORES;

    fn backward_of(
        &self,
        p: &mut Self::Params,
        pass: Backward<'_, In, In>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        back::<L, In>(pass, cx, |pass, cx| {
            self.layer.backward_of(p, pass, dp, cx);
        });
    }
}

simd_fn! {
    fn add(x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}
