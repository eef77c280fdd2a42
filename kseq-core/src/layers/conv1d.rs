//! `Conv1D`: `y[i] = activation(bias + sum over t of x[i * strides + t * dilation_rate] kernel[t])`. For users:
//! `docs/layers/Conv1D.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Conv1D, Conv1DParams, Padding, Window};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let window = Window { padding: Padding::Causal, ..Window::DEFAULT };
//! let conv: Conv1D<2, 1, 1, 1> =
//!     Conv1D::new(window, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = Conv1DParams { kernel: [[[10.0]], [[1.0]]], bias: [0.5] };
//! let mut y = [[[0.0]; 3]];
//! conv.infer(&p, &NoParams, &[[[1.0], [2.0], [3.0]]], &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[1.5], [12.5], [23.5]]]);
//! ```

use core::marker::PhantomData;

use super::conv;
use super::ring;
use super::window::{self, Window};
use crate::activations::{Activation, Linear};
use crate::facts::{Reads, SampleWise, Streaming};
use crate::fusion::{BackwardPooled, Fusion, by_step};
use crate::initializers::Initializer;
use crate::kernels::conv::Conv;
use crate::kernels::walk::{Memory, Walk};
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Rule, Shape};
use crate::tensor::{LastAxis, Tensor};

/// A convolution of a sequence by `F` kernels over `C` channels; `B` is `F` with a bias and 0 without.
///
/// In a layer list `Conv1D(..)`, whose arguments are explained in `kseq::layers::Conv1D`.
pub struct Conv1D<const K: usize, const C: usize, const F: usize, const B: usize, A = Linear> {
    window: Window<1>,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    activation: PhantomData<A>,
}

impl<const K: usize, const C: usize, const F: usize, const B: usize, A> Conv1D<K, C, F, B, A> {
    /// The layer with its window and its initializers (Keras's defaults: `glorot_uniform`, `zeros`).
    #[must_use]
    pub const fn new(
        window: Window<1>,
        kernel_initializer: Initializer,
        bias_initializer: Initializer,
    ) -> Self {
        Conv1D {
            window,
            kernel_initializer,
            bias_initializer,
            activation: PhantomData,
        }
    }

    /// How it goes over a sample.
    #[must_use]
    pub const fn walk<In: Tensor, Out: Tensor>(&self) -> Walk
    where
        A: Activation,
    {
        conv::walk::<A>(self.conv(In::SHAPE, Out::SHAPE))
    }

    /// How it works on single steps: not with `padding = "same"`.
    #[must_use]
    pub const fn streaming<In: Tensor<Elem = f32>, Out: LastAxis<F>>(&self, _: bool) -> Streaming
    where
        A: Activation,
    {
        ring::streaming(&self.window, [K], In::LEN, by_step::<Self, In, Out>())
    }

    /// What an output sees; of convolutions that go step by step.
    #[must_use]
    pub const fn reach(&self) -> usize {
        ring::reach(&self.window, [K])
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    const fn conv(&self, input: Shape, output: Shape) -> Conv {
        window::geometry(&self.window, [K], input, output)
    }
}

params! {
    /// The parameters of a [`Conv1D`].
    pub struct Conv1DParams<const K: usize, const C: usize, const F: usize, const B: usize> {
        /// `(K, C, F)`
        pub kernel: [[[f32; F]; C]; K],
        /// `(F,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

/// The shape rule: the window over the steps, the last axis becomes `filters`.
pub const fn shape(
    input: Shape,
    filters: usize,
    kernel_size: [usize; 1],
    window: &Window<1>,
) -> Rule {
    window::shape(input, filters, kernel_size, window)
}

impl<const K: usize, const C: usize, const F: usize, const B: usize, A, In, Out> Layer<In, Out>
    for Conv1D<K, C, F, B, A>
where
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: LastAxis<F>,
{
    type Params = Conv1DParams<K, C, F, B>;
    type State = NoParams;
    const CACHE: usize = if A::KEEPS_INPUT { Out::LEN } else { 0 };
    const READS_OUTPUT: Reads = A::READS_OUTPUT;
    /// Each output is a sum over the window and the channels of its group.
    const MACS: usize = Out::LEN.saturating_mul(K).saturating_mul(C);
    const SCRATCH: usize = conv::scratch(Self::Params::LEN);
    const INFER_SCRATCH: usize = 0;
    const NEEDS: Needs = Needs {
        scratch: PerStep::sample(conv::scratch(Self::Params::LEN)),
        ..Needs::by_step(<Self as Layer<In, Out>>::CACHE, 0, 0)
    };

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let initializers = [self.kernel_initializer, self.bias_initializer];
        // Of whatever length: only the kernel counts.
        let conv = self.conv(In::SHAPE.with_open([1; 2]), Out::SHAPE.with_open([1; 2]));
        conv::init(&conv, p.as_f32s_mut(), initializers, rng);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        conv::infer::<A>(&conv, p.as_f32s(), x, y, cx.pool);
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
        let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        conv::forward::<A>(&conv, p.as_f32s(), x, y, cache, cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
        conv::backward::<A>(&conv, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
    }
}

impl<const K: usize, const C: usize, const F: usize, const B: usize, A, In, Out> Fusion<In, Out>
    for Conv1D<K, C, F, B, A>
where
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: LastAxis<F>,
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const UNPOOLS: bool = conv::unpools::<A>();

    fn stream(
        &self,
        p: &Self::Params,
        _: &NoParams,
        x: &[In],
        state: &mut [f32],
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) -> bool {
        let Some(seen) = ring::seen(&self.window, [K], state, In::flat(x)) else {
            return false;
        };
        let mut conv = self.conv(seen.shape(), Shape::new(&[1, F]));
        conv.axes[1].before = seen.before;
        conv::infer::<A>(&conv, p.as_f32s(), seen.window, Out::flat_mut(y), cx.pool);
        true
    }

    #[inline(always)]
    fn infer_walk(&self, p: &Self::Params, memory: Memory<'_>, walk: &Walk, backwards: bool) {
        conv::infer_walk::<A>(p.as_f32s(), memory, walk, backwards);
    }

    fn backward_pooled(
        &self,
        p: &Self::Params,
        pass: BackwardPooled<'_, In, Out>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
        conv::backward_pooled::<A>(&conv, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
    }
}
