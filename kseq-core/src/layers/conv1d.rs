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
use super::window::{self, Window};
use crate::activations::{Activation, Linear};
use crate::facts::{Reads, SampleWise};
use crate::fusion::{BackwardPooled, Fusion};
use crate::initializers::Initializer;
use crate::kernels::conv::Conv;
use crate::kernels::walk::{Memory, Walk};
use crate::layer::{Backward, Ctx, Layer};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

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

type Sequence<const T: usize, const C: usize> = [[f32; C]; T];

impl<
    const K: usize,
    const C: usize,
    const F: usize,
    const B: usize,
    A,
    const T: usize,
    const OT: usize,
    const CI: usize,
> Layer<Sequence<T, CI>, Sequence<OT, F>> for Conv1D<K, C, F, B, A>
where
    A: Activation,
{
    type Params = Conv1DParams<K, C, F, B>;
    type State = NoParams;
    const CACHE: usize = if A::KEEPS_INPUT { OT * F } else { 0 };
    const READS_OUTPUT: Reads = A::READS_OUTPUT;
    /// Each output is a sum over the window and the channels of its group.
    const MACS: usize = (OT * F).saturating_mul(K).saturating_mul(C);
    const SCRATCH: usize = conv::scratch(Self::Params::LEN);
    const INFER_SCRATCH: usize = 0;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let initializers = [self.kernel_initializer, self.bias_initializer];
        let conv = self.conv(<Sequence<T, CI>>::SHAPE, <Sequence<OT, F>>::SHAPE);
        conv::init(&conv, p.as_f32s_mut(), initializers, rng);
    }

    fn infer(
        &self,
        p: &Self::Params,
        _: &NoParams,
        x: &[Sequence<T, CI>],
        y: &mut [Sequence<OT, F>],
        cx: &mut Ctx<'_>,
    ) {
        let conv = self.conv(<Sequence<T, CI>>::SHAPE, <Sequence<OT, F>>::SHAPE);
        let (x, y) = (<Sequence<T, CI>>::flat(x), <Sequence<OT, F>>::flat_mut(y));
        conv::infer::<A>(&conv, p.as_f32s(), x, y, cx.pool);
    }

    fn forward(
        &self,
        p: &Self::Params,
        _: &mut NoParams,
        x: &[Sequence<T, CI>],
        y: &mut [Sequence<OT, F>],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let conv = self.conv(<Sequence<T, CI>>::SHAPE, <Sequence<OT, F>>::SHAPE);
        let (x, y) = (<Sequence<T, CI>>::flat(x), <Sequence<OT, F>>::flat_mut(y));
        conv::forward::<A>(&conv, p.as_f32s(), x, y, cache, cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, Sequence<T, CI>, Sequence<OT, F>>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let conv = self.conv(<Sequence<T, CI>>::SHAPE, <Sequence<OT, F>>::SHAPE);
        conv::backward::<A>(&conv, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
    }
}

impl<
    const K: usize,
    const C: usize,
    const F: usize,
    const B: usize,
    A,
    const T: usize,
    const OT: usize,
    const CI: usize,
> Fusion<Sequence<T, CI>, Sequence<OT, F>> for Conv1D<K, C, F, B, A>
where
    A: Activation,
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const UNPOOLS: bool = conv::unpools::<A>();

    #[inline(always)]
    fn infer_walk(&self, p: &Self::Params, memory: Memory<'_>, walk: &Walk, backwards: bool) {
        conv::infer_walk::<A>(p.as_f32s(), memory, walk, backwards);
    }

    fn backward_pooled(
        &self,
        p: &Self::Params,
        pass: BackwardPooled<'_, Sequence<T, CI>, Sequence<OT, F>>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let conv = self.conv(<Sequence<T, CI>>::SHAPE, <Sequence<OT, F>>::SHAPE);
        conv::backward_pooled::<A>(&conv, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
    }
}
