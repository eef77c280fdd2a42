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
use core::ops::Range;

use super::window::{self, Window};
use super::{conv, ring};
use crate::activations::{Activation, Linear};
use crate::base::operator::Operator;
use crate::facts::{Reads, SampleWise, Stage, Streaming};
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

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator
    where
        A: Activation,
    {
        Operator::conv(&self.conv(In::SHAPE, Out::SHAPE), B > 0, A::INT8)
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
    /// Each output is a sum over the window and the channels of its group.
    const MACS: usize = Out::LEN.saturating_mul(K).saturating_mul(C);

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let initializers = [self.kernel_initializer, self.bias_initializer];
        // Of whatever length: only the kernel counts.
        let conv = self.conv(In::SHAPE.with_open([1; 2]), Out::SHAPE.with_open([1; 2]));
        conv::init(&conv, p.as_f32s_mut(), initializers, rng);
    }

    conv::layer_passes!();
}

impl<const K: usize, const C: usize, const F: usize, const B: usize, A, In, Out> Fusion<In, Out>
    for Conv1D<K, C, F, B, A>
where
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: LastAxis<F>,
{
    conv::fusion_passes!(1, [K]);
}
