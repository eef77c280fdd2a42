//! `MultiHeadAttention` of a sequence on itself: `softmax(Q K^T / sqrt(key_dim)) V` in some heads, where queries, keys and values are
//! products of the input. Vaswani and others, 2017, "Attention is all you need". For users: `docs/layers/MultiHeadAttention.md`.
//!
//! `GroupQueryAttention` is the same with fewer heads of keys and values, each for several heads of queries. Ainslie and others, 2023,
//! "GQA".
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{MultiHeadAttention, MultiHeadAttentionParams};
//! use kseq_core::{params::{NoParams, zeroed}, pool::Pool};
//!
//! // (1 feature, 1 head, 1 of a key), no bias, no gate.
//! type Kernel = [[[f32; 1]; 1]; 1];
//! type None = [[f32; 1]; 0];
//! type Params =
//!     MultiHeadAttentionParams<Kernel, None, Kernel, None, [Kernel; 0], None, Kernel, None, Kernel, [f32; 0]>;
//! type Heads = MultiHeadAttention<Params, 0, 0, false>;
//! let layer = Heads::new(0.0, false, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = Params { value_kernel: [[[1.0]]], output_kernel: [[[1.0]]], ..zeroed() };
//! let mut scratch = [0.0; <Heads as Layer<[[f32; 1]; 2], [[f32; 1]; 2]>>::INFER_SCRATCH];
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0);
//! cx.scratch = &mut scratch;
//! let mut y = [[[0.0]; 2]];
//! // All scores are 0: each step gets the mean of all values.
//! layer.infer(&p, &NoParams, &[[[1.0], [3.0]]], &mut y, &mut cx);
//! assert_eq!(y, [[[2.0], [2.0]]]);
//! ```

mod rules;

use core::marker::PhantomData;

use super::attention::Attention;
use crate::base::needs::Needs;
use crate::facts::{Mask, Reads};
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{Flat, NoParams, ParamField, params};
use crate::rng::Rng;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub use rules::{axes, dropout_rule, group_shape, output_weights, shape, window_rule};

/// Attention of samples on themselves with the parameters `P`, over the axes `FIRST` to `LAST` of a sample; `DROPS` says whether
/// training drops weights of the sums.
///
/// In a layer list `MultiHeadAttention(..)`, whose arguments are explained in `kseq::layers::MultiHeadAttention`.
pub struct MultiHeadAttention<P, const FIRST: usize, const LAST: usize, const DROPS: bool> {
    dropout: f32,
    seed: Option<u64>,
    causal: bool,
    window: Option<usize>,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    params: PhantomData<P>,
}

/// Attention whose heads of keys and values are fewer than those of queries.
///
/// In a layer list `GroupQueryAttention(..)`, whose arguments are explained in `kseq::layers::GroupQueryAttention`.
pub type GroupQueryAttention<P, const FIRST: usize, const LAST: usize, const DROPS: bool> =
    MultiHeadAttention<P, FIRST, LAST, DROPS>;

params! {
    /// The parameters of a [`MultiHeadAttention`], whose types are those of kernels and biases of queries, keys, gate, values, outputs.
    pub struct MultiHeadAttentionParams<Q, QB, K, KB, G, GB, V, VB, O, OB> {
        /// `(features, heads, key_dim)`
        pub query_kernel: Q,
        /// `(heads, key_dim)`, or nothing with `use_bias = false`
        pub query_bias: QB,
        /// `(features, heads, key_dim)`, where heads may be fewer in a `GroupQueryAttention`
        pub key_kernel: K,
        /// `(heads, key_dim)`, or nothing
        pub key_bias: KB,
        /// `(features, heads, value_dim)`, or nothing without `use_gate`
        pub gate_kernel: G,
        /// `(heads, value_dim)`, or nothing
        pub gate_bias: GB,
        /// `(features, heads, value_dim)`, of heads of keys
        pub value_kernel: V,
        /// `(heads, value_dim)`, or nothing
        pub value_bias: VB,
        /// `(heads, value_dim)` and the shape of what comes out of each step
        pub output_kernel: O,
        /// That shape, or nothing
        pub output_bias: OB,
    }
}

/// The sizes for samples of the shape `input`, from the shapes of the kernels of queries, keys, values and outputs.
const fn sizes(input: Shape, [first, last]: [usize; 2], kernels: [Shape; 4]) -> Attention {
    let [query, keys, value, output] = kernels;
    let (mut outer, mut steps, mut inner, mut i) = (1, 1, 1, 0);
    while i + 1 < input.rank() {
        if i < first {
            outer *= input.dim(i);
        } else if i <= last {
            steps *= input.dim(i);
        } else {
            inner *= input.dim(i);
        }
        i += 1;
    }
    let (mut outputs, mut i) = (1, 2);
    while i < output.rank() {
        outputs *= output.dim(i);
        i += 1;
    }
    Attention {
        outer,
        steps,
        inner,
        features: query.dim(0),
        heads: query.dim(1),
        key_heads: keys.dim(1),
        key: query.dim(2),
        value: value.dim(2),
        outputs,
        bias: false,
        gate: false,
        causal: false,
        window: None,
        sequence: input.rank() == 2,
        rate: 0.0,
        seed: None,
    }
}

/// The shape of samples, with axes of any length that are 1.
const fn one<In: Tensor>() -> Shape {
    In::SHAPE.with_open([1; 2])
}

impl<P, const FIRST: usize, const LAST: usize, const DROPS: bool>
    MultiHeadAttention<P, FIRST, LAST, DROPS>
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
            seed: None,
            causal,
            window: None,
            kernel_initializer,
            bias_initializer,
            params: PhantomData,
        }
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        MultiHeadAttention {
            seed: Some(seed),
            ..self
        }
    }

    /// The same where a step looks only at those that are fewer steps away.
    #[must_use]
    pub const fn sliding_window(self, window: usize) -> Self {
        MultiHeadAttention {
            window: Some(window),
            ..self
        }
    }
}

impl<
    Q: ParamField,
    QB: ParamField,
    K: ParamField,
    KB: ParamField,
    G: ParamField,
    GB: ParamField,
    V: ParamField,
    VB: ParamField,
    O: ParamField,
    OB: ParamField,
    const FIRST: usize,
    const LAST: usize,
    const DROPS: bool,
>
    MultiHeadAttention<
        MultiHeadAttentionParams<Q, QB, K, KB, G, GB, V, VB, O, OB>,
        FIRST,
        LAST,
        DROPS,
    >
{
    const fn sizes(input: Shape) -> Attention {
        let kernels = [Q::SHAPE, K::SHAPE, V::SHAPE, O::SHAPE];
        Attention {
            bias: <QB as Tensor>::LEN > 0,
            gate: <G as Tensor>::LEN > 0,
            ..sizes(input, [FIRST, LAST], kernels)
        }
    }

    fn attention(&self, input: Shape) -> Attention {
        Attention {
            causal: self.causal,
            window: self.window,
            rate: if DROPS { self.dropout } else { 0.0 },
            seed: self.seed,
            ..Self::sizes(input)
        }
    }
}

impl<
    Q: ParamField,
    QB: ParamField,
    K: ParamField,
    KB: ParamField,
    G: ParamField,
    GB: ParamField,
    V: ParamField,
    VB: ParamField,
    O: ParamField,
    OB: ParamField,
    const FIRST: usize,
    const LAST: usize,
    const DROPS: bool,
    In: Tensor<Elem = f32>,
    Out: Tensor<Elem = f32>,
> Layer<In, Out>
    for MultiHeadAttention<
        MultiHeadAttentionParams<Q, QB, K, KB, G, GB, V, VB, O, OB>,
        FIRST,
        LAST,
        DROPS,
    >
{
    type Params = MultiHeadAttentionParams<Q, QB, K, KB, G, GB, V, VB, O, OB>;
    type State = NoParams;
    const CACHE: usize = Self::sizes(one::<In>()).memory(DROPS);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const SCRATCH: usize = Self::sizes(one::<In>()).memory(false);
    const INFER_SCRATCH: usize = Self::sizes(one::<In>()).memory(DROPS);
    const MACS: usize = Self::sizes(one::<In>()).macs();
    const NEEDS: Needs = {
        let (sizes, pairs) = (Self::sizes(one::<In>()), FIRST < In::OPEN);
        Needs {
            cache: sizes.needs(DROPS, pairs),
            scratch: sizes.needs(false, pairs),
            infer_scratch: sizes.needs(DROPS, pairs),
        }
    };
    const MASK: Mask = Mask::Keeps;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let kernels = [
            (p.query_kernel.as_f32s_mut(), Q::SHAPE),
            (p.key_kernel.as_f32s_mut(), K::SHAPE),
            (p.gate_kernel.as_f32s_mut(), G::SHAPE),
            (p.value_kernel.as_f32s_mut(), V::SHAPE),
            (p.output_kernel.as_f32s_mut(), O::SHAPE),
        ];
        for (kernel, shape) in kernels {
            self.kernel_initializer.fill(kernel, Fans::of(shape), rng);
        }
        let biases = [
            (p.query_bias.as_f32s_mut(), QB::SHAPE),
            (p.key_bias.as_f32s_mut(), KB::SHAPE),
            (p.gate_bias.as_f32s_mut(), GB::SHAPE),
            (p.value_bias.as_f32s_mut(), VB::SHAPE),
            (p.output_bias.as_f32s_mut(), OB::SHAPE),
        ];
        for (bias, shape) in biases {
            self.bias_initializer.fill(bias, Fans::of(shape), rng);
        }
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let memory = core::mem::take(&mut cx.scratch);
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        let attention = self.attention(cx.input_shape::<In>());
        attention.forward(p.as_f32s(), x, y, memory, false, cx);
        cx.scratch = memory;
    }

    fn forward(
        &self,
        p: &Self::Params,
        _: &mut NoParams,
        x: &[In],
        y: &mut [Out],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        let (p, training) = (p.as_f32s(), cx.training);
        let attention = self.attention(cx.input_shape::<In>());
        attention.forward(p, x, y, cache, training, cx);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let Backward {
            x, cache, dy, dx, ..
        } = pass.flat();
        let scratch = core::mem::take(&mut cx.scratch);
        let (p, dp) = (p.as_f32s(), dp.as_f32s_mut());
        let attention = self.attention(cx.input_shape::<In>());
        attention.backward(p, x, cache, dy, dx, dp, scratch, cx);
        cx.scratch = scratch;
    }
}

impl<P, const FIRST: usize, const LAST: usize, const DROPS: bool, In, Out> Fusion<In, Out>
    for MultiHeadAttention<P, FIRST, LAST, DROPS>
where
    Self: Layer<In, Out>,
    In: Tensor,
    Out: Tensor,
{
}
