//! `GlobalMaxPooling1D`, `GlobalAveragePooling1D` and the same with 2D and 3D: one value for each channel. For users: `docs/layers/GlobalMaxPooling2D.md`.
//!
//! Where several values are the largest they share the gradient equally, as in TensorFlow (a `MaxPooling2D` gives it to
//! the first).
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::GlobalAveragePooling1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let x = [[[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]]];
//! let mut y = [[0.0; 2]];
//! let layer = GlobalAveragePooling1D::new();
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[3.0, 30.0]]);
//! ```

use super::pooling::{self, Windows};
use crate::base::operator::Operator;
use crate::base::part::part;
use crate::facts::{Reads, SampleWise, Streaming};
use crate::fusion::Fusion;
use crate::kernels::dispatch::{Wide, narrow};
use crate::kernels::elementwise::axpy;
use crate::kernels::walk::Walk;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::rows_of;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// The shape rule of `GlobalMaxPooling` over `axes` axes.
pub const fn max_shape(input: Shape, axes: usize, keepdims: bool) -> Rule {
    pooling::global_shape("GlobalMaxPooling", input, axes, keepdims)
}

/// The shape rule of `GlobalAveragePooling` over `axes` axes.
pub const fn average_shape(input: Shape, axes: usize, keepdims: bool) -> Rule {
    pooling::global_shape("GlobalAveragePooling", input, axes, keepdims)
}

macro_rules! global_pooling {
    ($(#[$doc:meta])* $layer:ident, $average:literal, $forward:expr, $backward:expr) => {
        $(#[$doc])*
        #[derive(Default)]
        pub struct $layer;

        impl $layer {
            /// The layer.
            #[must_use]
            pub const fn new() -> Self {
                $layer
            }

            /// It waits for the end.
            #[must_use]
            pub const fn streaming<In: Tensor, Out: Tensor>(&self, _: bool) -> Streaming {
                Streaming::NEVER
            }

            /// What an output sees in the order of time.
            #[must_use]
            pub const fn reach(&self) -> usize {
                1
            }

            /// What it is in integers.
            #[must_use]
            pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator {
                match $average {
                    true => Operator::mean(In::SHAPE),
                    false => Operator::pooling(&self.walk::<In, Out>()),
                }
            }

            /// How it goes over a sample.
            #[must_use]
            pub const fn walk<In: Tensor, Out: Tensor>(&self) -> Walk {
                Windows::global(In::SHAPE).walk($average)
            }
        }

        impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out> for $layer {
            type Params = NoParams;
            type State = NoParams;
            const READS_OUTPUT: Reads = Reads::Nothing;

            fn infer(
                &self,
                _: &NoParams,
                _: &NoParams,
                x: &[In],
                y: &mut [Out],
                cx: &mut Ctx<'_>,
            ) {
                let w = Windows::global(cx.input_shape::<In>());
                $forward(In::flat(x), Out::flat_mut(y), &w, cx);
            }

            fn backward(
                &self,
                _: &NoParams,
                pass: Backward<'_, In, Out>,
                _: &mut NoParams,
                cx: &mut Ctx<'_>,
            ) {
                let Some(dx) = pass.dx else { return };
                let (x, dy) = (In::flat(pass.x), Out::flat(pass.dy));
                let w = Windows::global(cx.input_shape::<In>());
                $backward(x, dy, In::flat_mut(dx), &w, cx);
            }
        }

        impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out> for $layer {
            const SAMPLE_WISE: SampleWise = SampleWise::Always;
        }
    };
}

global_pooling! {
    /// The largest value of each feature of a sequence.
    ///
    /// In a layer list `GlobalMaxPooling1D(..)`, whose arguments are explained in `kseq::layers::GlobalMaxPooling1D`.
    GlobalMaxPooling1D, false, max, max_back
}
global_pooling! {
    /// The largest value of each channel of an image.
    ///
    /// In a layer list `GlobalMaxPooling2D(..)`, whose arguments are explained in `kseq::layers::GlobalMaxPooling2D`.
    GlobalMaxPooling2D, false, max, max_back
}
global_pooling! {
    /// The largest value of each channel of a volume.
    ///
    /// In a layer list `GlobalMaxPooling3D(..)`, whose arguments are explained in `kseq::layers::GlobalMaxPooling3D`.
    GlobalMaxPooling3D, false, max, max_back
}
global_pooling! {
    /// The average of each feature of a sequence, over the steps that are not masked.
    ///
    /// In a layer list `GlobalAveragePooling1D(..)`, whose arguments are explained in `kseq::layers::GlobalAveragePooling1D`.
    GlobalAveragePooling1D, true, masked_average, masked_average_back
}
global_pooling! {
    /// The average of each channel of an image.
    ///
    /// In a layer list `GlobalAveragePooling2D(..)`, whose arguments are explained in `kseq::layers::GlobalAveragePooling2D`.
    GlobalAveragePooling2D, true, average, average_back
}
global_pooling! {
    /// The average of each channel of a volume.
    ///
    /// In a layer list `GlobalAveragePooling3D(..)`, whose arguments are explained in `kseq::layers::GlobalAveragePooling3D`.
    GlobalAveragePooling3D, true, average, average_back
}

fn max(x: &[f32], y: &mut [f32], w: &Windows, cx: &Ctx<'_>) {
    pooling::max(x, y, w, cx.pool);
}

fn max_back(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, cx: &Ctx<'_>) {
    pooling::max_back_shared(x, dy, dx, w, cx.pool);
}

fn average(x: &[f32], y: &mut [f32], w: &Windows, cx: &Ctx<'_>) {
    pooling::average(x, y, w, cx.pool);
}

fn average_back(_: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, cx: &Ctx<'_>) {
    pooling::average_back(dy, dx, w, cx.pool);
}

/// The mask and the number of features, if a mask reaches the layer.
fn mask<'a>(values: usize, w: &Windows, cx: &Ctx<'a>) -> Option<(&'a [u32], usize)> {
    let width = w.channels;
    cx.mask(values / width.max(1)).map(|tokens| (tokens, width))
}

/// 0 where all steps are masked: one sample of padding does not spoil the others' training. (In Keras it is NaN.)
fn masked_average(x: &[f32], y: &mut [f32], w: &Windows, cx: &Ctx<'_>) {
    let Some((tokens, width)) = mask(x.len(), w, cx) else {
        return average(x, y, w, cx);
    };
    let width = width.max(1);
    let (len, steps) = (w.input_len(), w.input_len() / width);
    cx.pool.for_each_chunk(y, rows_of(width), |i, y| {
        let first = i * (rows_of(width) / width);
        for (b, y) in (first..).zip(y.chunks_exact_mut(width)) {
            let tokens = part(tokens, b * steps, steps);
            let rows = part(x, b * len, len).chunks_exact(width);
            let rows = tokens.iter().zip(rows).filter(|(token, _)| **token != 0);
            mean_of(rows.map(|(_, row)| row), counted(tokens), y);
        }
    });
}

fn masked_average_back(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, cx: &Ctx<'_>) {
    let Some((tokens, width)) = mask(x.len(), w, cx) else {
        return average_back(x, dy, dx, w, cx);
    };
    let (width, len) = (width.max(1), w.input_len().max(1));
    let steps = len / width;
    cx.pool.for_each_chunk(dx, rows_of(len), |i, dx| {
        let first = i * (rows_of(len) / len);
        for (b, dx) in (first..).zip(dx.chunks_exact_mut(len)) {
            let tokens = part(tokens, b * steps, steps);
            let share = 1.0 / counted(tokens);
            dx.fill(0.0);
            for (token, dx) in tokens.iter().zip(dx.chunks_exact_mut(width)) {
                if *token != 0 {
                    axpy(share, part(dy, b * width, width), dx);
                }
            }
        }
    });
}

/// The number of steps that are not masked, at least 1: where there is none, nothing is divided.
fn counted(tokens: &[u32]) -> f32 {
    tokens.iter().filter(|token| **token != 0).count().max(1) as f32
}

/// The sum of `rows` divided by `count`. Some channels at a time as [`Wide`]s, since there can be very many rows.
fn mean_of<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone, count: f32, y: &mut [f32]) {
    const SOME: usize = 32;
    for (i, y) in y.chunks_mut(SOME).enumerate() {
        let mut sums = [0.0; SOME];
        for row in rows.clone() {
            let row = row.get(i * SOME..).unwrap_or_default();
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, x)| *sum += Wide::from(*x));
        }
        for (y, sum) in y.iter_mut().zip(sums) {
            *y = narrow(sum / Wide::from(count));
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    type Image = [[[f32; 2]; 2]; 2];
    const X: [f32; 8] = [1.0, 8.0, 5.0, 2.0, 5.0, 3.0, 4.0, 7.0];

    #[test]
    fn equal_maxima_share_the_gradient() {
        let y = forward::<_, Image, [f32; 2]>(&GlobalMaxPooling2D, &X);
        assert_eq!(y, [5.0, 8.0]);
        let dx = back::<_, Image, [f32; 2]>(&GlobalMaxPooling2D, &X, &[6.0, 1.0]);
        assert_eq!(dx, [0.0, 1.0, 3.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn averages_and_their_gradient() {
        let y = forward::<_, Image, [[[f32; 2]; 1]; 1]>(&GlobalAveragePooling2D, &X);
        assert_eq!(y, [3.75, 5.0]);
        let dx = back::<_, Image, [f32; 2]>(&GlobalAveragePooling2D, &X, &[8.0, 4.0]);
        assert_eq!(dx, [2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0]);
    }
}
