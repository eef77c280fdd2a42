//! `SeparableConv1D`, `SeparableConv2D`: a convolution of each channel by itself, whose channels are then mixed pixel by pixel,
//! `z = depthwise(x)`, `y[i][j] = activation(bias + z[i][j] pointwise_kernel)`. For users: `docs/layers/SeparableConv2D.md`.
//!
//! Both are convolutions, which `conv.rs` computes; what is between them, `z`, stays for the backward pass. A microcontroller has it
//! for one pixel at a time in a prediction.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{SeparableConv1D, SeparableConv1DParams, Window};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let conv: SeparableConv1D<2, 2, 1, 2, 1, 1> =
//!     SeparableConv1D::new(Window::DEFAULT, [Initializer::GLOROT_UNIFORM; 2], Initializer::ZEROS);
//! let p = SeparableConv1DParams {
//!     depthwise_kernel: [[[1.0], [10.0]], [[2.0], [20.0]]],
//!     pointwise_kernel: [[[1.0], [-0.1]]],
//!     bias: [0.5],
//! };
//! let x = [[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]];
//! let (mut y, mut scratch) = ([[[0.0]; 2]], [0.0; 4]);
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0).with_scratch(&mut scratch);
//! conv.infer(&p, &NoParams, &x, &mut y, &mut cx); // z is [5, 140], [8, 170]
//! assert_eq!(y, [[[-8.5], [-8.5]]]);
//! ```

mod pair;

use core::marker::PhantomData;

use pair::Pair;

use super::rules::{expects, fits};
use super::window::{Window, zero};
use super::{conv, depthwise_conv, ring};
use crate::activations::{Activation, Linear};
use crate::base::operator::{Operator, plain_conv};
use crate::facts::{Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::DEVICE;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

params! {
    /// The parameters of a [`SeparableConv1D`].
    pub struct SeparableConv1DParams<
        const K: usize, const C: usize, const M: usize, const D: usize, const F: usize, const B: usize
    > {
        /// `(K, C, M)`
        pub depthwise_kernel: [[[f32; M]; C]; K],
        /// `(1, D, F)`
        pub pointwise_kernel: [[[f32; F]; D]; 1],
        /// `(F,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

params! {
    /// The parameters of a [`SeparableConv2D`].
    pub struct SeparableConv2DParams<
        const KH: usize, const KW: usize, const C: usize, const M: usize, const D: usize, const F: usize, const B: usize
    > {
        /// `(KH, KW, C, M)`
        pub depthwise_kernel: [[[[f32; M]; C]; KW]; KH],
        /// `(1, 1, D, F)`
        pub pointwise_kernel: [[[[f32; F]; D]; 1]; 1],
        /// `(F,)`, or nothing with `use_bias = false`
        pub bias: [f32; B],
    }
}

/// The shape rule: the window over the spatial axes, the last axis becomes `filters`.
pub const fn shape<const N: usize>(
    input: Shape,
    filters: usize,
    depth_multiplier: usize,
    kernel_size: [usize; N],
    window: &Window<N>,
) -> Rule {
    if let Some(refusal) = expects(FAMILY, input, N) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("filters", &[filters]) {
        return Err(refusal);
    }
    match depthwise_conv::rule(FAMILY, input, depth_multiplier, kernel_size, window) {
        Ok(between) if fits(&Shape::new(&[between.last().saturating_mul(filters)])) => {
            Ok(between.with_last(filters))
        }
        Ok(_) => {
            let what = Text::new().str("its pointwise kernel is larger than the address space");
            Err(Refusal::new(what, "use fewer filters"))
        }
        refused => refused,
    }
}

const FAMILY: &str = "SeparableConv";

/// The channels between the two convolutions; for a multiplier that the rule refuses, those of the input.
#[must_use]
pub const fn depth(input: Shape, depth_multiplier: usize) -> usize {
    match input.last().checked_mul(depth_multiplier) {
        Some(depth) if depth > 0 => depth,
        _ => input.last(),
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// The layer over some axes: its name and parameters, the number of axes, and the sizes of its window.
macro_rules! separable_conv {
    ($(#[$meta:meta])* $name:ident, $params:ident, $axes:literal, [$($k:ident),+]) => {
        $(#[$meta])*
        pub struct $name<
            $(const $k: usize,)+ const C: usize, const M: usize, const D: usize, const F: usize, const B: usize, A = Linear
        > {
            window: Window<$axes>,
            kernel_initializers: [Initializer; 2],
            bias_initializer: Initializer,
            activation: PhantomData<A>,
        }

        impl<
            $(const $k: usize,)+ const C: usize, const M: usize, const D: usize, const F: usize, const B: usize, A
        > $name<$($k,)+ C, M, D, F, B, A> {
            /// The layer with its window, whose groups mean nothing, and its initializers: of the depthwise and the pointwise
            /// kernel (Keras's default: `glorot_uniform`), and of the bias (`zeros`).
            #[must_use]
            pub const fn new(
                window: Window<$axes>,
                kernel_initializers: [Initializer; 2],
                bias_initializer: Initializer,
            ) -> Self {
                $name {
                    window,
                    kernel_initializers,
                    bias_initializer,
                    activation: PhantomData,
                }
            }

            /// How it works on single steps: on those of a sequence, and not with `padding = "same"`.
            #[must_use]
            pub const fn streaming<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(&self) -> Streaming
            where
                A: Activation,
            {
                ring::streaming(&self.window, [$($k),+], In::LEN, by_step::<Self, In, Out>())
            }

            /// What it is in integers.
            #[must_use]
            pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator
            where
                A: Activation,
            {
                let pair = self.pair(In::SHAPE, Out::SHAPE);
                Operator::Separable {
                    depthwise: plain_conv(&pair.depthwise),
                    pointwise: plain_conv(&pair.pointwise),
                    bias: B > 0,
                    then: A::INT8,
                }
            }

            /// What an output sees; of convolutions that go step by step.
            #[must_use]
            pub const fn reach(&self) -> usize {
                ring::reach(&self.window, [$($k),+])
            }

            #[cfg_attr(not(feature = "std"), inline(always))]
            const fn pair(&self, input: Shape, output: Shape) -> Pair {
                Pair::new(&self.window, [$($k),+], D, input, output)
            }
        }

        impl<
            $(const $k: usize,)+ const C: usize, const M: usize, const D: usize, const F: usize, const B: usize, A, In, Out
        > Layer<In, Out> for $name<$($k,)+ C, M, D, F, B, A>
        where
            A: Activation,
            In: Tensor<Elem = f32>,
            Out: Tensor<Elem = f32>,
        {
            type Params = $params<$($k,)+ C, M, D, F, B>;
            type State = NoParams;
            const CACHE: usize = Out::LEN / max(F, 1) * D + if A::KEEPS_INPUT { Out::LEN } else { 0 };
            const READS_OUTPUT: Reads = A::READS_OUTPUT;
            /// Each value between the convolutions is a sum over the window, each output one over these values.
            const MACS: usize = Out::LEN / max(F, 1) * D * (1 $(* $k)+) + Out::LEN * D;
            const SCRATCH: usize = Out::LEN / max(F, 1) * D + conv::scratch(Self::Params::LEN);
            const INFER_SCRATCH: usize = if DEVICE { D } else { Out::LEN / max(F, 1) * D };
            const NEEDS: Needs = {
                let mut needs = Needs::by_step(
                    <Self as Layer<In, Out>>::CACHE,
                    Out::LEN / max(F, 1) * D,
                    Out::LEN / max(F, 1) * D,
                );
                needs.scratch.sample = conv::scratch(Self::Params::LEN);
                if DEVICE {
                    needs.infer_scratch = PerStep::sample(D);
                }
                needs
            };

            fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
                let [depthwise, pointwise] = self.kernel_initializers;
                depthwise.fill(p.depthwise_kernel.as_f32s_mut(), Fans::conv(1 $(* $k)+, C, M), rng);
                pointwise.fill(p.pointwise_kernel.as_f32s_mut(), Fans::conv(1, D, F), rng);
                self.bias_initializer.fill(&mut p.bias, Fans::vector(B), rng);
            }

            fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
                let pair = self.pair(cx.input_shape::<In>(), cx.output_shape::<Out>());
                pair.infer::<A>(p.as_f32s(), In::flat(x), Out::flat_mut(y), cx);
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
                let pair = self.pair(cx.input_shape::<In>(), cx.output_shape::<Out>());
                pair.forward::<A>(p.as_f32s(), In::flat(x), Out::flat_mut(y), cache, cx);
            }

            fn backward(
                &self,
                p: &Self::Params,
                pass: Backward<'_, In, Out>,
                dp: &mut Self::Params,
                cx: &mut Ctx<'_>,
            ) {
                let pair = self.pair(cx.input_shape::<In>(), cx.output_shape::<Out>());
                pair.backward::<A>(p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
            }
        }

        impl<
            $(const $k: usize,)+ const C: usize, const M: usize, const D: usize, const F: usize, const B: usize, A, In, Out
        > Fusion<In, Out> for $name<$($k,)+ C, M, D, F, B, A>
        where
            A: Activation,
            In: Tensor<Elem = f32>,
            Out: Tensor<Elem = f32>,
        {
            /// (With two kinds of values the cache is not one sample after the other.)
            const SAMPLE_WISE: SampleWise = match A::KEEPS_INPUT {
                false => SampleWise::Always,
                true => SampleWise::Inference,
            };
            const REPEATS: bool = true;
            const GOES_ON: bool = conv::unpools::<A>();
            const UNDOES: bool = cfg!(feature = "std");

            fn stream(
                &self,
                p: &Self::Params,
                _: &NoParams,
                x: &[In],
                state: &mut [f32],
                y: &mut [Out],
                cx: &mut Ctx<'_>,
            ) -> bool {
                let Some(seen) = ring::seen(&self.window, [$($k),+], state, In::flat(x)) else {
                    return false;
                };
                let mut pair = self.pair(seen.shape(), Shape::new(&[1, Out::LEN]));
                pair.depthwise.axes[1].before = seen.before;
                pair.infer::<A>(p.as_f32s(), seen.window, Out::flat_mut(y), cx);
                true
            }
        }
    };
}

separable_conv! {
    /// A convolution of each channel of a sequence by `M` kernels of its own, whose `D = C * M` channels become `F`; `B` is `F` with a bias
    /// and 0 without.
    ///
    /// In a layer list `SeparableConv1D(..)`, whose arguments are explained in `kseq::layers::SeparableConv1D`.
    SeparableConv1D, SeparableConv1DParams, 1, [K]
}

separable_conv! {
    /// A convolution of each channel of an image by `M` kernels of its own, whose `D = C * M` channels become `F`; `B` is `F` with a bias
    /// and 0 without.
    ///
    /// In a layer list `SeparableConv2D(..)`, whose arguments are explained in `kseq::layers::SeparableConv2D`.
    SeparableConv2D, SeparableConv2DParams, 2, [KH, KW]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_the_output() {
        let image = Shape::new(&[8, 9, 3]);
        let rule = |filters, m| shape(image, filters, m, [3, 2], &Window::DEFAULT).ok();
        assert_eq!(rule(5, 1), Some(Shape::new(&[6, 8, 5])));
        assert_eq!(rule(5, 2), Some(Shape::new(&[6, 8, 5])));
        assert_eq!(depth(image, 2), 6);
    }

    #[test]
    fn refusals_say_what_was_found() {
        let what = |input, filters| match shape(input, filters, 1, [3, 3], &Window::DEFAULT) {
            Ok(shape) => panic!("{shape:?}"),
            Err(refusal) => refusal.what,
        };
        let found = what(Shape::new(&[9, 3]), 4);
        assert!(found.as_str().starts_with("SeparableConv2D expects ndim=4"));
        let image = Shape::new(&[8, 9, 3]);
        assert!(what(image, 0).as_str().starts_with("filters must be"));
        let found = what(image, usize::MAX);
        assert!(found.as_str().contains("larger than the address space"));
    }
}
