//! `Conv2D`: `y[i][j] = activation(bias + sum over s, t of x[i * strides + s * dilation_rate][j * strides + t * dilation_rate] kernel[s][t])`.
//! For users: `docs/layers/Conv2D.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Conv2D, Conv2DParams, Window};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let conv: Conv2D<2, 2, 1, 1, 1> =
//!     Conv2D::new(Window::DEFAULT, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = Conv2DParams { kernel: [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]], bias: [0.5] };
//! let x: [[[[f32; 1]; 3]; 2]; 1] = [[[[1.0], [0.0], [2.0]], [[0.0], [1.0], [0.0]]]];
//! let mut y: [[[[f32; 1]; 2]; 1]; 1] = [[[[0.0]; 2]]];
//! conv.infer(&p, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[[5.5], [7.5]]]]);
//! ```

use core::marker::PhantomData;
use core::ops::Range;

use super::window::{self, Window};
use super::{conv, ring};
use crate::activations::{Activation, Linear};
use crate::base::operator::Operator;
use crate::facts::{Reads, SampleWise, Stage, Streaming};
use crate::fusion::{BackwardPooled, Fusion};
use crate::initializers::Initializer;
use crate::kernels::conv::Conv;
use crate::kernels::walk::{Memory, Walk};
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Rule, Shape};
use crate::tensor::{LastAxis, Tensor};

/// A convolution of an image by `F` kernels over `C` channels; `B` is `F` with a bias and 0 without.
///
/// In a layer list `Conv2D(..)`, whose arguments are explained in `kseq::layers::Conv2D`.
pub struct Conv2D<
    const KH: usize,
    const KW: usize,
    const C: usize,
    const F: usize,
    const B: usize,
    A = Linear,
> {
    window: Window<2>,
    kernel_initializer: Initializer,
    bias_initializer: Initializer,
    activation: PhantomData<A>,
}

impl<const KH: usize, const KW: usize, const C: usize, const F: usize, const B: usize, A>
    Conv2D<KH, KW, C, F, B, A>
{
    /// The layer with its window and its initializers (Keras's defaults: `glorot_uniform`, `zeros`).
    #[must_use]
    pub const fn new(
        window: Window<2>,
        kernel_initializer: Initializer,
        bias_initializer: Initializer,
    ) -> Self {
        Conv2D {
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

    /// An image has no order of time.
    #[must_use]
    pub const fn streaming<In: Tensor, Out: Tensor>(&self, _: bool) -> Streaming {
        Streaming::NEVER
    }

    /// What an output sees in the order of time.
    #[must_use]
    pub const fn reach(&self) -> usize {
        1
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    const fn conv(&self, input: Shape, output: Shape) -> Conv {
        window::geometry(&self.window, [KH, KW], input, output)
    }
}

params! {
    /// The parameters of a [`Conv2D`].
    pub struct Conv2DParams<const KH: usize, const KW: usize, const C: usize, const F: usize, const B: usize> {
        /// `(KH, KW, C, F)`
        pub kernel: [[[[f32; F]; C]; KW]; KH],
        /// `(F,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

/// The shape rule: the window over height and width, the last axis becomes `filters`.
pub const fn shape(
    input: Shape,
    filters: usize,
    kernel_size: [usize; 2],
    window: &Window<2>,
) -> Rule {
    window::shape(input, filters, kernel_size, window)
}

impl<const KH: usize, const KW: usize, const C: usize, const F: usize, const B: usize, A, In, Out>
    Layer<In, Out> for Conv2D<KH, KW, C, F, B, A>
where
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: LastAxis<F>,
{
    type Params = Conv2DParams<KH, KW, C, F, B>;
    /// Each output is a sum over the window and the channels of its group.
    const MACS: usize = Out::LEN.saturating_mul(KH * KW).saturating_mul(C);

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let initializers = [self.kernel_initializer, self.bias_initializer];
        // Of whatever length: only the kernel counts.
        let conv = self.conv(In::SHAPE.with_open([1; 2]), Out::SHAPE.with_open([1; 2]));
        conv::init(&conv, p.as_f32s_mut(), initializers, rng);
    }

    conv::layer_passes!();
}

impl<const KH: usize, const KW: usize, const C: usize, const F: usize, const B: usize, A, In, Out>
    Fusion<In, Out> for Conv2D<KH, KW, C, F, B, A>
where
    A: Activation,
    In: Tensor<Elem = f32>,
    Out: LastAxis<F>,
{
    conv::fusion_passes!(2, [KH, KW]);
}
