//! `DepthwiseConv1D`, `DepthwiseConv2D`: convolutions of each channel by itself,
//! `y[i][j][c M + m] = activation(bias + sum over s, t of x[i * strides + s * dilation_rate][j * strides + t * dilation_rate][c] kernel[s][t][c][m])`
//! with `M = depth_multiplier`. For users: `docs/layers/DepthwiseConv2D.md`.
//!
//! The kernel lies in memory as that of a convolution with as many groups as channels, which is what it is.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{DepthwiseConv1D, DepthwiseConv1DParams, Window};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let conv: DepthwiseConv1D<2, 2, 1, 2> =
//!     DepthwiseConv1D::new(Window::DEFAULT, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = DepthwiseConv1DParams { kernel: [[[1.0], [10.0]], [[2.0], [20.0]]], bias: [0.0, 0.5] };
//! let x = [[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]];
//! let mut y = [[[0.0; 2]; 2]];
//! conv.infer(&p, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[5.0, 140.5], [8.0, 170.5]]]);
//! ```

use core::marker::PhantomData;
use core::ops::Range;

use super::rules::{expects, fits};
use super::window::{self, Window, zero};
use super::{conv, ring};
use crate::activations::{Activation, Linear};
use crate::base::operator::Operator;
use crate::facts::{Reads, SampleWise, Stage, Streaming};
use crate::fusion::{BackwardPooled, Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::conv::Conv;
use crate::kernels::walk::{Memory, Walk};
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

params! {
    /// The parameters of a [`DepthwiseConv1D`].
    pub struct DepthwiseConv1DParams<const K: usize, const C: usize, const M: usize, const B: usize> {
        /// `(K, C, M)`
        pub kernel: [[[f32; M]; C]; K],
        /// `(C * M,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

params! {
    /// The parameters of a [`DepthwiseConv2D`].
    pub struct DepthwiseConv2DParams<const KH: usize, const KW: usize, const C: usize, const M: usize, const B: usize> {
        /// `(KH, KW, C, M)`
        pub kernel: [[[[f32; M]; C]; KW]; KH],
        /// `(C * M,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

/// The shape rule: the window over the spatial axes, each channel becomes `depth_multiplier`.
pub const fn shape<const N: usize>(
    input: Shape,
    depth_multiplier: usize,
    kernel_size: [usize; N],
    window: &Window<N>,
) -> Rule {
    rule(
        "DepthwiseConv",
        input,
        depth_multiplier,
        kernel_size,
        window,
    )
}

/// The same for a layer with this name, of which the convolution channel by channel is a part.
pub(super) const fn rule<const N: usize>(
    family: &str,
    input: Shape,
    depth_multiplier: usize,
    kernel_size: [usize; N],
    window: &Window<N>,
) -> Rule {
    if let Some(refusal) = expects(family, input, N) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("kernel_size", &kernel_size) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("strides", &window.strides) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("depth_multiplier", &[depth_multiplier]) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("dilation_rate", &window.dilation_rate) {
        return Err(refusal);
    }
    let mut weights = input.last().saturating_mul(depth_multiplier);
    let mut i = 0;
    while i < N {
        weights = weights.saturating_mul(kernel_size[i]);
        i += 1;
    }
    if !fits(&Shape::new(&[weights])) {
        let what = Text::new().str("its kernel is larger than the address space");
        return Err(Refusal::new(
            what,
            "use a smaller depth_multiplier or kernel_size",
        ));
    }
    let output = input.with_last(input.last() * depth_multiplier);
    window::over(input, output, kernel_size, window)
}

/// The convolution from samples of one shape to those of another.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) const fn geometry<const N: usize>(
    window: &Window<N>,
    kernel_size: [usize; N],
    input: Shape,
    output: Shape,
) -> Conv {
    Conv {
        groups: input.last(),
        ..window::geometry(window, kernel_size, input, output)
    }
}

/// The layer over some axes: its name and parameters, the number of axes, and the sizes of its window.
macro_rules! depthwise_conv {
    ($(#[$meta:meta])* $name:ident, $params:ident, $axes:literal, [$($k:ident),+]) => {
        $(#[$meta])*
        pub struct $name<$(const $k: usize,)+ const C: usize, const M: usize, const B: usize, A = Linear> {
            window: Window<$axes>,
            depthwise_initializer: Initializer,
            bias_initializer: Initializer,
            activation: PhantomData<A>,
        }

        impl<$(const $k: usize,)+ const C: usize, const M: usize, const B: usize, A> $name<$($k,)+ C, M, B, A> {
            /// The layer with its window, whose groups mean nothing, and its initializers (Keras's defaults: `glorot_uniform`,
            /// `zeros`).
            #[must_use]
            pub const fn new(
                window: Window<$axes>,
                depthwise_initializer: Initializer,
                bias_initializer: Initializer,
            ) -> Self {
                $name {
                    window,
                    depthwise_initializer,
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
                Operator::depthwise(&self.conv(In::SHAPE, Out::SHAPE), B > 0, A::INT8)
            }

            /// How it goes over a sample.
            #[must_use]
            pub const fn walk<In: Tensor, Out: Tensor>(&self) -> Walk
            where
                A: Activation,
            {
                conv::walk::<A>(self.conv(In::SHAPE, Out::SHAPE))
            }

            /// How it works on single steps: on those of a sequence, and not with `padding = "same"`.
            #[must_use]
            pub const fn streaming<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(&self, _: bool) -> Streaming
            where
                A: Activation,
            {
                ring::streaming(&self.window, [$($k),+], In::LEN, by_step::<Self, In, Out>())
            }

            /// What an output sees; of convolutions that go step by step.
            #[must_use]
            pub const fn reach(&self) -> usize {
                ring::reach(&self.window, [$($k),+])
            }

            #[cfg_attr(not(feature = "std"), inline(always))]
            const fn conv(&self, input: Shape, output: Shape) -> Conv {
                geometry(&self.window, [$($k),+], input, output)
            }
        }

        impl<$(const $k: usize,)+ const C: usize, const M: usize, const B: usize, A, In, Out> Layer<In, Out>
            for $name<$($k,)+ C, M, B, A>
        where
            A: Activation,
            In: Tensor<Elem = f32>,
            Out: Tensor<Elem = f32>,
        {
            type Params = $params<$($k,)+ C, M, B>;
            /// Each output is a sum over the window.
            const MACS: usize = Out::LEN $(.saturating_mul($k))+;

            fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
                let fans = Fans::conv(1 $(* $k)+, C, M);
                self.depthwise_initializer.fill(p.kernel.as_f32s_mut(), fans, rng);
                self.bias_initializer.fill(&mut p.bias, Fans::vector(B), rng);
            }

            conv::layer_passes!();
        }

        impl<$(const $k: usize,)+ const C: usize, const M: usize, const B: usize, A, In, Out> Fusion<In, Out>
            for $name<$($k,)+ C, M, B, A>
        where
            A: Activation,
            In: Tensor<Elem = f32>,
            Out: Tensor<Elem = f32>,
        {
            conv::fusion_passes!($axes, [$($k),+]);
        }
    };
}

depthwise_conv! {
    /// A convolution of each channel of a sequence by `M` kernels of its own; `B` is `C * M` with a bias and 0 without.
    ///
    /// In a layer list `DepthwiseConv1D(..)`, whose arguments are explained in `kseq::layers::DepthwiseConv1D`.
    DepthwiseConv1D, DepthwiseConv1DParams, 1, [K]
}

depthwise_conv! {
    /// A convolution of each channel of an image by `M` kernels of its own; `B` is `C * M` with a bias and 0 without.
    ///
    /// In a layer list `DepthwiseConv2D(..)`, whose arguments are explained in `kseq::layers::DepthwiseConv2D`.
    DepthwiseConv2D, DepthwiseConv2DParams, 2, [KH, KW]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_the_output() {
        let image = Shape::new(&[8, 9, 3]);
        let rule = |m, window| shape(image, m, [3, 2], window).ok();
        let usual = Window::DEFAULT;
        assert_eq!(rule(1, &usual), Some(Shape::new(&[6, 8, 3])));
        assert_eq!(rule(2, &usual), Some(Shape::new(&[6, 8, 6])));
        // Keras refuses strides together with a dilation in a Conv2D, but not here.
        let both = Window {
            strides: [2, 2],
            dilation_rate: [2, 2],
            ..usual
        };
        assert_eq!(rule(1, &both), Some(Shape::new(&[2, 4, 3])));
    }

    #[test]
    fn refusals_say_what_was_found() {
        let what = |input, m, kernel_size| match shape(input, m, kernel_size, &Window::DEFAULT) {
            Ok(shape) => panic!("{shape:?}"),
            Err(refusal) => refusal.what,
        };
        let image = Shape::new(&[8, 9, 3]);
        let found = what(Shape::new(&[9, 3]), 1, [3, 3]);
        assert!(found.as_str().starts_with("DepthwiseConv2D expects ndim=4"));
        let found = what(image, 0, [3, 3]);
        assert!(found.as_str().starts_with("depth_multiplier must be"));
        let found = what(image, 1, [9, 9]);
        assert!(
            found
                .as_str()
                .starts_with("kernel_size (9, 9) does not fit")
        );
        let found = what(image, usize::MAX, [3, 3]);
        assert!(found.as_str().contains("larger than the address space"));
    }
}
