//! `Conv3D`: `y[i][j][k] = activation(bias + sum over r, s, t of x[i * strides + r * dilation_rate][..][..] kernel[r][s][t])`.
//! For users: `docs/layers/Conv3D.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Conv3D, Conv3DParams, Window};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let conv: Conv3D<2, 1, 2, 1, 1, 1> =
//!     Conv3D::new(Window::DEFAULT, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = Conv3DParams { kernel: [[[[[1.0]], [[2.0]]]], [[[[3.0]], [[4.0]]]]], bias: [0.5] };
//! let x: [[[[[f32; 1]; 3]; 1]; 2]; 1] = [[[[[1.0], [0.0], [2.0]]], [[[0.0], [1.0], [0.0]]]]];
//! let mut y: [[[[[f32; 1]; 2]; 1]; 1]; 1] = [[[[[0.0]; 2]]]];
//! conv.infer(&p, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[[[5.5], [7.5]]]]]);
//! ```

use core::marker::PhantomData;

use super::volume::{self, Op, convolution};
use super::window::{self, Window};
use crate::activations::{Activation, Linear};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::initializers::Initializer;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Rule, Shape};
use crate::tensor::{LastAxis, Tensor};

convolution! {
    /// A convolution of a volume by `F` kernels over `C` channels; `B` is `F` with a bias and 0 without.
    ///
    /// In a layer list `Conv3D(..)`, whose arguments are explained in `kseq::layers::Conv3D`.
    pub struct Conv3D<KD, KH, KW> over 3, transposed: false;
    /// The parameters of a [`Conv3D`].
    pub struct Conv3DParams {
        /// `(KD, KH, KW, C, F)`
        kernel: [[[[[f32; F]; C]; KW]; KH]; KD],
    }
}

/// The shape rule: the window over depth, height and width, the last axis becomes `filters`.
pub const fn shape(
    input: Shape,
    filters: usize,
    kernel_size: [usize; 3],
    window: &Window<3>,
) -> Rule {
    window::shape(input, filters, kernel_size, window)
}
