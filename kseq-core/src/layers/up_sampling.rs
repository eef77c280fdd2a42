//! `UpSampling1D`, `UpSampling2D`, `UpSampling3D`: each step or pixel several times. (An image enlarged by interpolation is
//! [`Resizing`](super::Resizing).) For users:
//! `docs/layers/UpSampling2D.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::UpSampling1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[[0.0; 1]; 4]];
//! let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
//! UpSampling1D::new().infer(&NoParams, &NoParams, &[[[1.0], [2.0]]], &mut y, cx);
//! assert_eq!(y, [[[1.0], [1.0], [2.0], [2.0]]]);
//! ```

use super::rules::{expects, fits, sizes};
use crate::base::part::{copy, part, part_mut, rows, rows_mut};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::{Pool, for_samples};
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Repeats the steps of a sequence; how often, the output's shape says.
///
/// In a layer list `UpSampling1D(..)`, whose arguments are explained in `kseq::layers::UpSampling1D`.
pub type UpSampling1D = UpSampling<1>;

/// Repeats the pixels of an image; how often, the output's shape says.
///
/// In a layer list `UpSampling2D(..)`, whose arguments are explained in `kseq::layers::UpSampling2D`.
pub type UpSampling2D = UpSampling<2>;

/// Repeats the elements of a volume; how often, the output's shape says.
///
/// In a layer list `UpSampling3D(..)`, whose arguments are explained in `kseq::layers::UpSampling3D`.
pub type UpSampling3D = UpSampling<3>;

/// The layer over `N` axes.
#[derive(Default)]
pub struct UpSampling<const N: usize>;

impl<const N: usize> UpSampling<N> {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        UpSampling
    }
}

/// The shape rule: `size` has a factor for each axis, 1 to 3.
pub const fn shape(input: Shape, size: &[usize]) -> Rule {
    if let Some(refusal) = expects("UpSampling", input, size.len()) {
        return Err(refusal);
    }
    let mut output = input;
    let mut i = 0;
    while i < size.len() {
        let open = input.is_open(i);
        let n = if open { 1 } else { input.dim(i) };
        let why = match n.saturating_mul(size[i]) {
            0 => " must be positive",
            n if !fits(&Shape::new(&[n])) => " is too large for the address space",
            n => {
                output = if open { output } else { output.with_dim(i, n) };
                ""
            }
        };
        if !why.is_empty() {
            let what = sizes(Text::new(), "size", size);
            return Err(Refusal::new(
                what.str(why),
                "give how often each axis is repeated",
            ));
        }
        i += 1;
    }
    Ok(output)
}

/// Depth, height, width and channels before; depth, height and width behind.
#[derive(Clone, Copy)]
struct Sizes {
    input: [usize; 3],
    output: [usize; 3],
    channels: usize,
}

impl Sizes {
    const fn new(input: Shape, output: Shape) -> Self {
        Sizes {
            input: volume(input),
            output: volume(output),
            channels: input.last(),
        }
    }

    /// The values of a sample before and behind, and of a row.
    const fn lens(&self) -> ([usize; 2], [usize; 2]) {
        let Sizes {
            input: [d, h, w],
            output: [k, n, m],
            channels,
        } = *self;
        let [row, line] = [w * channels, m * channels];
        ([d * h * row, k * n * line], [row, line])
    }

    /// The row of the input that becomes this one of the output.
    #[inline(always)]
    const fn row(&self, line: usize) -> usize {
        let Sizes {
            input: [d, h, _],
            output: [k, n, _],
            ..
        } = *self;
        let n_lines = if n == 0 { 1 } else { n };
        line / n_lines / times(k, d) * h + line % n_lines / times(n, h)
    }

    /// How often a pixel is repeated in its row.
    const fn copies(&self) -> usize {
        times(self.output[2], self.input[2])
    }
}

/// An image is a volume of depth 1, a sequence an image of one pixel a row.
const fn volume(shape: Shape) -> [usize; 3] {
    match shape.rank() {
        4 => [shape.dim(0), shape.dim(1), shape.dim(2)],
        3 => [1, shape.dim(0), shape.dim(1)],
        _ => [1, shape.dim(0), 1],
    }
}

/// How often an axis is repeated.
const fn times(output: usize, input: usize) -> usize {
    match output.checked_div(input) {
        Some(times) if times > 0 => times,
        _ => 1,
    }
}

/// Repeats planes, rows and columns.
fn repeat(x: &[f32], y: &mut [f32], sizes: &Sizes, pool: &Pool) {
    let ([len, out], [width, line]) = sizes.lens();
    let channels = sizes.channels;
    for_samples(pool, y, out, out, |i, y| {
        let x = part(x, i * len, len);
        for (i, y) in rows_mut(y, line).enumerate() {
            let x = part(x, sizes.row(i) * width, width);
            let pixels = rows_mut(y, sizes.copies() * channels);
            for (copies, pixel) in pixels.zip(rows(x, channels)) {
                for y in rows_mut(copies, channels) {
                    copy(y, pixel);
                }
            }
        }
    });
}

/// Adds the gradients of all copies, row by row.
fn repeat_back(dy: &[f32], dx: &mut [f32], sizes: &Sizes, pool: &Pool) {
    let ([len, out], [width, line]) = sizes.lens();
    let channels = sizes.channels;
    for_samples(pool, dx, len, out, |i, dx| {
        dx.fill(0.0);
        for (i, dy) in rows(part(dy, i * out, out), line).enumerate() {
            let dx = part_mut(dx, sizes.row(i) * width, width);
            let pixels = rows(dy, sizes.copies() * channels);
            for (copies, dx) in pixels.zip(rows_mut(dx, channels)) {
                for dy in rows(copies, channels) {
                    for (dx, dy) in dx.iter_mut().zip(dy) {
                        *dx += dy;
                    }
                }
            }
        }
    });
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
    for UpSampling<N>
{
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let sizes = Sizes::new(cx.input_shape::<In>(), cx.output_shape::<Out>());
        repeat(In::flat(x), Out::flat_mut(y), &sizes, cx.pool);
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let sizes = Sizes::new(cx.input_shape::<In>(), cx.output_shape::<Out>());
        repeat_back(Out::flat(pass.dy), In::flat_mut(dx), &sizes, cx.pool);
    }
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
    for UpSampling<N>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn nearest_repeats_and_adds_up() {
        type In = [[[f32; 1]; 2]; 1];
        type Out = [[[f32; 1]; 4]; 2];
        let layer = UpSampling2D::new();
        let y = forward::<_, In, Out>(&layer, &[1.0, 2.0]);
        assert_eq!(y, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
        let dy: [f32; 8] = core::array::from_fn(|i| i as f32);
        assert_eq!(back::<_, In, Out>(&layer, &[0.0; 2], &dy), [10.0, 18.0]);
    }

    #[test]
    fn a_volume() {
        type In = [[[[f32; 1]; 1]; 2]; 2];
        type Out = [[[[f32; 1]; 1]; 4]; 4];
        let y = forward::<_, In, Out>(&UpSampling3D::new(), &[1.0, 2.0, 3.0, 4.0]);
        let planes = [[1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 4.0, 4.0]];
        assert_eq!(y, [planes[0], planes[0], planes[1], planes[1]].concat());
    }

    #[test]
    fn sizes_must_be_positive() {
        assert!(shape(Shape::new(&[2, 3]), &[0]).is_err());
        assert!(shape(Shape::new(&[2, 3]), &[usize::MAX]).is_err());
    }
}
