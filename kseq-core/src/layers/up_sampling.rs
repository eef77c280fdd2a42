//! `UpSampling1D`, `UpSampling2D`: each step or pixel several times, or a larger image by interpolation. For users:
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

/// Enlarges an image; how much, the output's shape says.
///
/// In a layer list `UpSampling2D(..)`, whose arguments are explained in `kseq::layers::UpSampling2D`.
pub type UpSampling2D = UpSampling<2>;

/// The layer over `N` axes.
pub struct UpSampling<const N: usize> {
    bilinear: bool,
}

impl UpSampling1D {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        UpSampling { bilinear: false }
    }
}

impl Default for UpSampling1D {
    fn default() -> Self {
        UpSampling1D::new()
    }
}

impl UpSampling2D {
    /// The layer, with `interpolation = "bilinear"` or `"nearest"`.
    #[must_use]
    pub const fn new(bilinear: bool) -> Self {
        UpSampling { bilinear }
    }
}

/// The shape rule: `size` has a factor for each axis, 1 or 2.
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

/// Height, width and channels before, height and width behind.
#[derive(Clone, Copy)]
struct Sizes {
    input: [usize; 2],
    output: [usize; 2],
    channels: usize,
}

impl Sizes {
    const fn new(input: Shape, output: Shape) -> Self {
        Sizes {
            input: image(input),
            output: image(output),
            channels: input.last(),
        }
    }

    const fn lens(&self) -> (usize, usize) {
        let Sizes {
            input: [h, w],
            output: [n, m],
            channels,
        } = *self;
        (h * w * channels, n * m * channels)
    }

    /// The place of the pixel (row, column) of the input.
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.input[1] + column) * self.channels
    }
}

/// A sequence is an image of one pixel a row.
const fn image(shape: Shape) -> [usize; 2] {
    match shape.rank() {
        3 => [shape.dim(0), shape.dim(1)],
        _ => [shape.dim(0), 1],
    }
}

/// How often an axis is repeated.
const fn times(output: usize, input: usize) -> usize {
    match output.checked_div(input) {
        Some(times) if times > 0 => times,
        _ => 1,
    }
}

/// Repeats rows and columns.
fn repeat(x: &[f32], y: &mut [f32], sizes: &Sizes, pool: &Pool) {
    let (len, out) = sizes.lens();
    let Sizes {
        input: [h, w],
        output: [n, m],
        channels,
    } = *sizes;
    for_samples(pool, y, out, out, |i, y| {
        let x = part(x, i * len, len);
        for (row, line) in rows_mut(y, m * channels).enumerate() {
            let x = part(x, row / times(n, h) * w * channels, w * channels);
            let pixels = rows_mut(line, times(m, w) * channels);
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
    let (len, out) = sizes.lens();
    let Sizes {
        input: [h, w],
        output: [n, m],
        channels,
    } = *sizes;
    for_samples(pool, dx, len, out, |i, dx| {
        dx.fill(0.0);
        let lines = rows(part(dy, i * out, out), m * channels);
        for (row, line) in lines.enumerate() {
            let dx = part_mut(dx, row / times(n, h) * w * channels, w * channels);
            let pixels = rows(line, times(m, w) * channels);
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

/// The two neighbours of an output's centre on an axis of the input, and how near it is to the second.
fn between(output: usize, input_size: usize, output_size: usize) -> (usize, usize, f32) {
    let scale = input_size as f32 / output_size as f32;
    let place = ((output as f32 + 0.5) * scale - 0.5).max(0.0);
    let first = (place as usize).min(input_size - 1);
    let second = (first + 1).min(input_size - 1);
    (first, second, place - first as f32)
}

fn bilinear(x: &[f32], y: &mut [f32], sizes: &Sizes, pool: &Pool) {
    let (len, out) = sizes.lens();
    let Sizes {
        input: [h, w],
        output: [n, m],
        channels,
    } = *sizes;
    for_samples(pool, y, out, out, |i, y| {
        let x = part(x, i * len, len);
        for (row, line) in rows_mut(y, m * channels).enumerate() {
            let (top, bottom, down) = between(row, h, n);
            for (column, y) in rows_mut(line, channels).enumerate() {
                let (left, right, across) = between(column, w, m);
                let corner = |row, column| part(x, sizes.at(row, column), channels);
                let [a, b] = [corner(top, left), corner(top, right)];
                let [c, d] = [corner(bottom, left), corner(bottom, right)];
                for ((((y, a), b), c), d) in y.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    let (top, bottom) = (a + (b - a) * across, c + (d - c) * across);
                    *y = top + (bottom - top) * down;
                }
            }
        }
    });
}

fn bilinear_back(dy: &[f32], dx: &mut [f32], sizes: &Sizes, pool: &Pool) {
    let (len, out) = sizes.lens();
    let Sizes {
        input: [h, w],
        output: [n, m],
        channels,
    } = *sizes;
    for_samples(pool, dx, len, out, |i, dx| {
        dx.fill(0.0);
        let lines = rows(part(dy, i * out, out), m * channels);
        for (row, line) in lines.enumerate() {
            let (top, bottom, down) = between(row, h, n);
            for (column, dy) in rows(line, channels).enumerate() {
                let (left, right, across) = between(column, w, m);
                let mut add = |row, column, share: f32| {
                    let dx = part_mut(dx, sizes.at(row, column), channels);
                    for (dx, dy) in dx.iter_mut().zip(dy) {
                        *dx += dy * share;
                    }
                };
                add(top, left, (1.0 - down) * (1.0 - across));
                add(top, right, (1.0 - down) * across);
                add(bottom, left, down * (1.0 - across));
                add(bottom, right, down * across);
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
        let enlarge = if self.bilinear { bilinear } else { repeat };
        let sizes = Sizes::new(cx.input_shape::<In>(), cx.output_shape::<Out>());
        enlarge(In::flat(x), Out::flat_mut(y), &sizes, cx.pool);
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let back = if self.bilinear {
            bilinear_back
        } else {
            repeat_back
        };
        let sizes = Sizes::new(cx.input_shape::<In>(), cx.output_shape::<Out>());
        back(Out::flat(pass.dy), In::flat_mut(dx), &sizes, cx.pool);
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

    type In = [[[f32; 1]; 2]; 1];
    type Out = [[[f32; 1]; 4]; 2];

    #[test]
    fn nearest_repeats_and_adds_up() {
        let layer = UpSampling2D::new(false);
        let y = forward::<_, In, Out>(&layer, &[1.0, 2.0]);
        assert_eq!(y, [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
        let dy: [f32; 8] = core::array::from_fn(|i| i as f32);
        assert_eq!(back::<_, In, Out>(&layer, &[0.0; 2], &dy), [10.0, 18.0]);
    }

    #[test]
    fn bilinear_keeps_the_centres() {
        let layer = UpSampling2D::new(true);
        let y = forward::<_, In, Out>(&layer, &[1.0, 3.0]);
        assert_eq!(y, [1.0, 1.5, 2.5, 3.0, 1.0, 1.5, 2.5, 3.0]);
        let dx = back::<_, In, Out>(&layer, &[0.0; 2], &[1.0; 8]);
        assert_eq!(dx, [4.0, 4.0]);
    }

    #[test]
    fn sizes_must_be_positive() {
        assert!(shape(Shape::new(&[2, 3]), &[0]).is_err());
        assert!(shape(Shape::new(&[2, 3]), &[usize::MAX]).is_err());
    }
}
