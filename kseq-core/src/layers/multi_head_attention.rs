//! `MultiHeadAttention` of a sequence on itself: `softmax(Q K^T / sqrt(key_dim)) V` in some heads, where queries, keys and values are
//! products of the input. Vaswani and others, 2017, "Attention is all you need". For users: `docs/layers/MultiHeadAttention.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{MultiHeadAttention, MultiHeadAttentionParams};
//! use kseq_core::{params::{NoParams, zeroed}, pool::Pool};
//!
//! type Heads = MultiHeadAttention<1, 1, 0, 1, 1, 1, 0, false>;
//! let layer = Heads::new(0.0, false, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = MultiHeadAttentionParams { value_kernel: [[[1.0]]], output_kernel: [[[1.0]]], ..zeroed() };
//! let mut scratch = [0.0; <Heads as Layer<[[f32; 1]; 2], [[f32; 1]; 2]>>::INFER_SCRATCH];
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0);
//! cx.scratch = &mut scratch;
//! let mut y = [[[0.0]; 2]];
//! // All scores are 0: each step gets the mean of all values.
//! layer.infer(&p, &NoParams, &[[[1.0], [3.0]]], &mut y, &mut cx);
//! assert_eq!(y, [[[2.0], [2.0]]]);
//! ```

use super::attention::Attention;
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Elem, Refusal, Rule, Shape};
use crate::tensor::{LastAxis, Tensor};
use crate::text::Text;

/// Attention of a sequence on itself: from `F` features, in `H` heads with keys of `K` and values of `V` features, to `O`; `HB` and `OB` are
/// `H` and `O`, or 0 without biases; `DROPS` says whether training drops weights of the sums.
///
/// In a layer list `MultiHeadAttention(..)`, whose arguments are explained in `kseq::layers::MultiHeadAttention`.
pub struct MultiHeadAttention<
    const F: usize,
    const H: usize,
    const HB: usize,
    const K: usize,
    const V: usize,
    const O: usize,
    const OB: usize,
    const DROPS: bool,
> {
    dropout: f32,
    causal: bool,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
}

params! {
    /// The parameters of a [`MultiHeadAttention`].
    pub struct MultiHeadAttentionParams<const F: usize, const H: usize, const HB: usize, const K: usize, const V: usize, const O: usize, const OB: usize> {
        /// `(F, H, K)`
        pub query_kernel: [[[f32; K]; H]; F],
        /// `(H, K)`, or nothing with `use_bias = false`
        pub query_bias: [[f32; K]; HB],
        /// `(F, H, K)`
        pub key_kernel: [[[f32; K]; H]; F],
        /// `(H, K)`, or nothing
        pub key_bias: [[f32; K]; HB],
        /// `(F, H, V)`
        pub value_kernel: [[[f32; V]; H]; F],
        /// `(H, V)`, or nothing
        pub value_bias: [[f32; V]; HB],
        /// `(H, V, O)`
        pub output_kernel: [[[f32; O]; V]; H],
        /// `(O,)`, or nothing
        pub output_bias: [f32; OB],
    }
}

/// The rule of `dropout`: at least 0 and less than 1.
#[must_use]
pub const fn dropout_rule(rate: f32) -> Option<Refusal> {
    if rate >= 0.0 && rate < 1.0 {
        return None;
    }
    let what = Text::new().str("dropout must be at least 0 and less than 1, found ");
    let help = "dropout is the share of the weights set to 0: 0.1 drops one in ten";
    Some(Refusal::new(what.float(rate), help))
}

/// The features of the output: `output_shape`, of one axis, or those of the input.
#[must_use]
pub const fn features(output_shape: Option<&[Option<usize>]>, input: Shape) -> usize {
    match output_shape {
        Some([Some(features)]) => *features,
        _ => input.last(),
    }
}

/// The shape rule.
pub const fn shape(
    input: Shape,
    [heads, key, value]: [usize; 3],
    output_shape: Option<&[Option<usize>]>,
) -> Rule {
    let then = input.with_last(features(output_shape, input));
    let (what, help) = if matches!(input.elem(), Elem::U32) {
        let what =
            Text::new().str("MultiHeadAttention expects f32 features, found integer tokens ");
        return Err(Refusal::new(
            what.text(&input.text()),
            "put an Embedding first",
        ));
    } else if input.rank() != 2 {
        let what = Text::new()
            .str("MultiHeadAttention expects a sequence (steps, features), found ")
            .text(&input.text());
        return Err(Refusal::new(
            what,
            "give it a sequence of vectors: behind an Embedding, or a recurrent layer with return_sequences = true",
        ));
    } else if input.open_axes() > 0 {
        let what = Text::new()
            .str("MultiHeadAttention has a score for each pair of steps, but these are of any length: ")
            .text(&input.text());
        (what, "give the sequence a length: input_shape = (100, 16)")
    } else if heads == 0 || key == 0 || value == 0 {
        let what = Text::new().str("num_heads, key_dim and value_dim must be positive, found 0");
        (what, "a common choice is key_dim = features / num_heads")
    } else if let Some([] | [_, _, ..] | [None] | [Some(0)]) = output_shape {
        let what =
            Text::new().str("output_shape of MultiHeadAttention must be one positive number");
        (
            what,
            "give the number of features that come out: output_shape = (16,)",
        )
    } else {
        return Ok(then);
    };
    Err(Refusal::new(what, help).then(then))
}

impl<
    const F: usize,
    const H: usize,
    const HB: usize,
    const K: usize,
    const V: usize,
    const O: usize,
    const OB: usize,
    const DROPS: bool,
> MultiHeadAttention<F, H, HB, K, V, O, OB, DROPS>
{
    /// The layer with its arguments.
    #[must_use]
    pub const fn new(
        dropout: f32,
        causal: bool,
        kernel_initializer: Initializer,
        bias_initializer: Initializer,
    ) -> Self {
        MultiHeadAttention {
            dropout,
            causal,
            kernel_initializer,
            bias_initializer,
        }
    }

    const fn sizes<In: Tensor>() -> Attention {
        Attention {
            steps: In::SHAPE.dim(0),
            features: F,
            heads: H,
            key: K,
            value: V,
            outputs: O,
            bias: HB > 0,
            causal: false,
            rate: 0.0,
        }
    }

    fn attention<In: Tensor>(&self) -> Attention {
        Attention {
            causal: self.causal,
            rate: if DROPS { self.dropout } else { 0.0 },
            ..Self::sizes::<In>()
        }
    }
}

impl<
    const F: usize,
    const H: usize,
    const HB: usize,
    const K: usize,
    const V: usize,
    const O: usize,
    const OB: usize,
    const DROPS: bool,
    In,
> Layer<In, In::With<O>> for MultiHeadAttention<F, H, HB, K, V, O, OB, DROPS>
where
    In: LastAxis<F>,
{
    type Params = MultiHeadAttentionParams<F, H, HB, K, V, O, OB>;
    type State = NoParams;
    const CACHE: usize = Self::sizes::<In>().memory(DROPS);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const SCRATCH: usize = Self::sizes::<In>().memory(false);
    const INFER_SCRATCH: usize = Self::sizes::<In>().memory(DROPS);
    const MACS: usize = Self::sizes::<In>().macs();
    const MASK: Mask = Mask::Keeps;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let inputs = |size| Fans::of(Shape::new(&[F, H, size]));
        let kernels = [
            (
                p.query_kernel.as_flattened_mut().as_flattened_mut(),
                inputs(K),
            ),
            (
                p.key_kernel.as_flattened_mut().as_flattened_mut(),
                inputs(K),
            ),
            (
                p.value_kernel.as_flattened_mut().as_flattened_mut(),
                inputs(V),
            ),
            (
                p.output_kernel.as_flattened_mut().as_flattened_mut(),
                Fans::of(Shape::new(&[H, V, O])),
            ),
        ];
        for (kernel, fans) in kernels {
            self.kernel_initializer.fill(kernel, fans, rng);
        }
        for bias in [
            p.query_bias.as_flattened_mut(),
            p.key_bias.as_flattened_mut(),
            p.value_bias.as_flattened_mut(),
            &mut p.output_bias,
        ] {
            let fans = Fans::vector(bias.len());
            self.bias_initializer.fill(bias, fans, rng);
        }
    }

    fn infer(
        &self,
        p: &Self::Params,
        _: &NoParams,
        x: &[In],
        y: &mut [In::With<O>],
        cx: &mut Ctx<'_>,
    ) {
        let memory = core::mem::take(&mut cx.scratch);
        let (x, y) = (In::flat(x), <In::With<O>>::flat_mut(y));
        self.attention::<In>()
            .forward(p.as_f32s(), x, y, memory, false, cx);
        cx.scratch = memory;
    }

    fn forward(
        &self,
        p: &Self::Params,
        _: &mut NoParams,
        x: &[In],
        y: &mut [In::With<O>],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let (x, y) = (In::flat(x), <In::With<O>>::flat_mut(y));
        let (p, training) = (p.as_f32s(), cx.training);
        self.attention::<In>().forward(p, x, y, cache, training, cx);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, In::With<O>>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let Backward {
            x, cache, dy, dx, ..
        } = pass.flat();
        let scratch = core::mem::take(&mut cx.scratch);
        let (p, dp) = (p.as_f32s(), dp.as_f32s_mut());
        self.attention::<In>()
            .backward(p, x, cache, dy, dx, dp, scratch, cx);
        cx.scratch = scratch;
    }
}

impl<
    const F: usize,
    const H: usize,
    const HB: usize,
    const K: usize,
    const V: usize,
    const O: usize,
    const OB: usize,
    const DROPS: bool,
    In,
> Fusion<In, In::With<O>> for MultiHeadAttention<F, H, HB, K, V, O, OB, DROPS>
where
    In: LastAxis<F>,
{
}
