//! `Conv2D`: a convolution of an image, `y[i][j] = activation(bias + sum over s, t of x[i * strides + s * dilation_rate][j * strides + t * dilation_rate] kernel[s][t])`.
//!
//! # Shapes
//! - input: `(height, width, channels)`
//! - kernel: `(KH, KW, C, F)` with `C = channels / groups`, bias: `(F,)`
//! - output: `(rows, columns, F)`; per axis `(size - (kernel_size - 1) * dilation_rate - 1) / strides + 1` with `padding = "valid"`,
//!   `size / strides`, rounded up, with `"same"`
//!
//! Follows `keras.layers.Conv2D` (Keras 3.15).
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

use super::conv::convolution;
use super::window::{self, Window};
use crate::activations::Linear;
use crate::initializers::Initializer;
use crate::kernels::conv::Conv;
use crate::params::{Flat, params};
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// A convolution of an image by `F` kernels over `C` channels; `B` is `F` with a bias and 0 without.
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

convolution!(
    Conv2D<KH, KW; C, F, B>, Conv2DParams,
    (H, W) -> (OH, OW), CI, [[[f32; CI]; W]; H] => [[[f32; F]; OW]; OH]
);
