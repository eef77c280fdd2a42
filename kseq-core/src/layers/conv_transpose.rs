//! `Conv1DTranspose`, `Conv2DTranspose`, `Conv3DTranspose`: each value of the input is spread over a window of the output, and
//! what falls on one place is summed: `y[i * strides + t * dilation_rate - before] += kernel[t] x[i]`, then bias and activation.
//! For users: `docs/layers/Conv2DTranspose.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{Conv1DTranspose, Conv1DTransposeParams, Window};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let window = Window { strides: [2], ..Window::DEFAULT };
//! let layer: Conv1DTranspose<3, 1, 1, 1> =
//!     Conv1DTranspose::new(window, Initializer::GLOROT_UNIFORM, Initializer::ZEROS);
//! let p = Conv1DTransposeParams { kernel: [[[1.0]], [[2.0]], [[3.0]]], bias: [0.5] };
//! let (mut y, mut scratch) = ([[[0.0]; 5]], [0.0; 3]);
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! layer.infer(&p, &NoParams, &[[[1.0], [10.0]]], &mut y, &mut cx.with_scratch(&mut scratch));
//! assert_eq!(y, [[[1.5], [2.5], [13.5], [20.5], [30.5]]]);
//! ```

use core::marker::PhantomData;

use super::rules::{expects_of, fits, sizes};
use super::volume::{self, Op, convolution};
use super::window::{Padding, Window, weights_too_large, zero};
use crate::activations::{Activation, Linear};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::initializers::Initializer;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{Flat, NoParams, params};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::{LastAxis, Tensor};
use crate::text::Text;

convolution! {
    /// A transposed convolution of a sequence: each step of `C` channels gives to `K` steps of `F`; `B` is `F` with a bias and 0
    /// without.
    ///
    /// In a layer list `Conv1DTranspose(..)`, whose arguments are explained in `kseq::layers::Conv1DTranspose`.
    pub struct Conv1DTranspose<K> over 1, transposed: true;
    /// The parameters of a [`Conv1DTranspose`].
    pub struct Conv1DTransposeParams {
        /// `(K, F, C)`
        kernel: [[[f32; C]; F]; K],
    }
}

convolution! {
    /// A transposed convolution of an image: each pixel of `C` channels gives to a window of pixels of `F`; `B` is `F` with a
    /// bias and 0 without.
    ///
    /// In a layer list `Conv2DTranspose(..)`, whose arguments are explained in `kseq::layers::Conv2DTranspose`.
    pub struct Conv2DTranspose<KH, KW> over 2, transposed: true;
    /// The parameters of a [`Conv2DTranspose`].
    pub struct Conv2DTransposeParams {
        /// `(KH, KW, F, C)`
        kernel: [[[[f32; C]; F]; KW]; KH],
    }
}

convolution! {
    /// A transposed convolution of a volume: each voxel of `C` channels gives to a window of voxels of `F`; `B` is `F` with a
    /// bias and 0 without.
    ///
    /// In a layer list `Conv3DTranspose(..)`, whose arguments are explained in `kseq::layers::Conv3DTranspose`.
    pub struct Conv3DTranspose<KD, KH, KW> over 3, transposed: true;
    /// The parameters of a [`Conv3DTranspose`].
    pub struct Conv3DTransposeParams {
        /// `(KD, KH, KW, F, C)`
        kernel: [[[[[f32; C]; F]; KW]; KH]; KD],
    }
}

/// The shape rule: as many axes as `kernel_size` has become larger, the last axis becomes `filters`.
pub const fn shape<const N: usize>(
    input: Shape,
    filters: usize,
    kernel_size: [usize; N],
    window: &Window<N>,
    output_padding: Option<[usize; N]>,
) -> Rule {
    if let Some(refusal) = expects_of("Conv", input, N, true) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("filters", &[filters]) {
        return Err(refusal);
    }
    if let Some(refusal) = zero("kernel_size", &kernel_size) {
        return Err(refusal);
    }
    if let Some(refusal) = window.refused() {
        return Err(refusal);
    }
    if let Some(refusal) = weights_too_large(input.last(), filters, &kernel_size) {
        return Err(refusal);
    }
    if let Some(padding) = output_padding
        && let Some(refusal) = padding_refused(&kernel_size, window, &padding)
    {
        return Err(refusal);
    }
    let (mut output, mut i) = (input.with_last(filters), 0);
    while i < N {
        if !input.is_open(i) {
            let padding = match output_padding {
                Some(padding) => Some(padding[i]),
                None => None,
            };
            let size = size(window, i, input.dim(i), kernel_size[i], padding);
            if !fits(&Shape::new(&[size])) {
                let what = Text::new().str("its output is larger than the address space");
                return Err(Refusal::new(
                    what,
                    "use smaller strides or a smaller kernel_size",
                ));
            }
            output = output.with_dim(i, size);
        }
        i += 1;
    }
    Ok(output)
}

/// The size of an axis of the output: as many as `padding = "valid"` or `"same"` of a convolution makes of it what the input
/// has, with `output_padding` to choose which of those.
const fn size<const N: usize>(
    window: &Window<N>,
    axis: usize,
    input: usize,
    kernel_size: usize,
    output_padding: Option<usize>,
) -> usize {
    let (strides, reach) = (window.strides[axis], window.reach(kernel_size, axis));
    let steps = input.saturating_sub(1).saturating_mul(strides);
    let last = match (window.padding, output_padding) {
        (Padding::Valid, None) if reach < strides => strides,
        (Padding::Valid, None) => reach,
        (Padding::Valid, Some(padding)) => reach.saturating_add(padding),
        (_, None) => strides,
        (_, Some(padding)) => reach % 2 + padding,
    };
    steps.saturating_add(last)
}

/// Refuses an output padding that the convolution from the output to the input does not undo.
const fn padding_refused<const N: usize>(
    kernel_size: &[usize; N],
    window: &Window<N>,
    output_padding: &[usize; N],
) -> Option<Refusal> {
    let mut i = 0;
    while i < N {
        if output_padding[i] >= window.strides[i] {
            let what = sizes(Text::new(), "output_padding", output_padding);
            let what = sizes(what.str(" must be less than "), "strides", &window.strides);
            return Some(Refusal::new(
                what,
                "leave it out, or choose 0 to strides - 1",
            ));
        }
        let reach = window.reach(kernel_size[i], i);
        if matches!(window.padding, Padding::Same) && reach % 2 + output_padding[i] == 0 {
            let what = sizes(Text::new(), "output_padding", output_padding);
            let what = what
                .str(" with padding \"same\" must be at least 1 where the window is even, found ");
            let what = sizes(what, "kernel_size", kernel_size);
            let help =
                "leave it out: the output has strides times the size; or choose 1 to strides - 1";
            return Some(Refusal::new(what, help));
        }
        i += 1;
    }
    None
}
