//! The largest values of windows: any, and those that lie side by side in the image, which most models have.
//!
//! A window with NaN gives NaN, and the gradient goes there. The largest value is found again by its bits, which costs what
//! `==` does: of equal values the first was kept, of 0 and -0 too.

use super::blocks::{Back, Block, in_blocks};
use super::windows::{Window, Windows};
use crate::kernels::dispatch::simd_fn;
use crate::math::larger;

struct Max<'a>(&'a [f32], &'a mut [f32], Window);

impl Block for Max<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        self.1[at..][..N].copy_from_slice(&self.2.max::<N>(self.0, at));
    }
}

simd_fn! {
    /// The largest value of every window of a sample.
    pub(super) fn max_of(x: &[f32], y: &mut [f32], w: &Windows) {
        match w.whole() {
            Some([2, 2]) => return fixed::<2, 2>(x, y, w),
            Some([3, 3]) => return fixed::<3, 3>(x, y, w),
            Some([1, 2]) => return fixed::<1, 2>(x, y, w),
            Some([1, 3]) => return fixed::<1, 3>(x, y, w),
            _ => {}
        }
        for (i, y) in y.chunks_exact_mut(w.channels).enumerate() {
            in_blocks(w.channels, &mut Max(x, y, w.window(i)));
        }
    }
}

/// Windows of `H` rows and `W` columns, all of them inside of the image. (As slices that become shorter: of sums of offsets
/// the compiler makes a check of ranges for each window that takes longer than the window.)
#[inline(always)]
fn fixed<const H: usize, const W: usize>(x: &[f32], y: &mut [f32], w: &Windows) {
    let channels = w.channels;
    let row = w.input[2] * channels;
    for (i, y) in y.chunks_exact_mut(w.output[2] * channels).enumerate() {
        for (j, mut y) in y.chunks_exact_mut(channels).enumerate() {
            let x = &x[i * w.strides[1] * row + j * w.strides[2] * channels..];
            let mut taps = [[x; W]; H];
            for (i, taps) in taps.iter_mut().enumerate() {
                for (j, tap) in taps.iter_mut().enumerate() {
                    *tap = &x[i * row + j * channels..][..channels];
                }
            }
            y = tops::<H, W, 32>(&mut taps, y);
            y = tops::<H, W, 16>(&mut taps, y);
            y = tops::<H, W, 4>(&mut taps, y);
            tops::<H, W, 1>(&mut taps, y);
        }
    }
}

/// The largest values of `N` channels after the other; what is left of `y`.
#[inline(always)]
fn tops<'a, const H: usize, const W: usize, const N: usize>(
    taps: &mut [[&[f32]; W]; H],
    mut y: &'a mut [f32],
) -> &'a mut [f32] {
    while y.len() >= N {
        let mut top = [f32::NEG_INFINITY; N];
        for (i, tap) in taps.as_flattened_mut().iter_mut().enumerate() {
            let Some((x, rest)) = tap.split_first_chunk::<N>() else {
                return y;
            };
            for (top, &x) in top.iter_mut().zip(x) {
                *top = if i == 0 { x } else { larger(*top, x) };
            }
            *tap = rest;
        }
        let (some, rest) = y.split_at_mut(N);
        some.copy_from_slice(&top);
        y = rest;
    }
    y
}

struct FirstMax<'a>(Back<'a>);

impl Block for FirstMax<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let Back(x, dy, dx, window) = &mut self.0;
        let top = window.max::<N>(x, at);
        // What is left of the gradient: all until the maximum comes, then nothing.
        let mut left = [0.0; N];
        left.copy_from_slice(&dy[at..][..N]);
        window.each(at, |place| {
            let (x, dx) = (&x[place..][..N], &mut dx[place..][..N]);
            for i in 0..N {
                let hit = x[i].to_bits() == top[i].to_bits();
                dx[i] += if hit { left[i] } else { 0.0 };
                left[i] = if hit { 0.0 } else { left[i] };
            }
        });
    }
}

simd_fn! {
    /// The gradient of a sample goes to the first largest value of its window. Windows may overlap.
    pub(super) fn first_max_of(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows) {
        dx.fill(0.0);
        for (i, dy) in dy.chunks_exact(w.channels).enumerate() {
            in_blocks(w.channels, &mut FirstMax(Back(x, dy, dx, w.window(i))));
        }
    }
}

simd_fn! {
    /// The same in the memory of the image, which is lost, for windows that do not overlap; with `relu` only positive
    /// values get a gradient.
    pub(super) fn in_place(image: &mut [f32], dy: &[f32], w: &Windows, relu: bool) {
        match (w.whole(), relu) {
            (Some([2, 2]), true) => fixed_in_place::<2, 2, true>(image, dy, w),
            (Some([2, 2]), false) => fixed_in_place::<2, 2, false>(image, dy, w),
            (Some([1, 2]), true) => fixed_in_place::<1, 2, true>(image, dy, w),
            (Some([1, 3]), true) => fixed_in_place::<1, 3, true>(image, dy, w),
            _ => for (i, dy) in dy.chunks_exact(w.channels).enumerate() {
                in_blocks(w.channels, &mut MaxInPlace { image, dy, window: w.window(i), relu });
            }
        }
        clear_rest(image, w);
    }
}

/// What no window covers has no gradient.
#[inline(always)]
fn clear_rest(image: &mut [f32], w: &Windows) {
    let covered = |axis: usize| {
        let last = w.output[axis].saturating_sub(1);
        w.range(axis, last).end
    };
    let (row, columns) = (w.input[2] * w.channels, covered(2) * w.channels);
    for (i, line) in image.chunks_exact_mut(row.max(1)).enumerate() {
        let from = if i < covered(1) { columns } else { 0 };
        line[from..].fill(0.0);
    }
}

struct MaxInPlace<'a> {
    image: &'a mut [f32],
    dy: &'a [f32],
    window: Window,
    relu: bool,
}

impl Block for MaxInPlace<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let top = self.window.max::<N>(self.image, at);
        let mut left = [0.0; N];
        left.copy_from_slice(&self.dy[at..][..N]);
        if self.relu {
            only_positive(&mut left, &top);
        }
        let image = &mut *self.image;
        self.window.each(at, |place| {
            give(&mut image[place..][..N], &top, &mut left);
        });
    }
}

/// No gradient where the largest value is not positive.
#[inline(always)]
fn only_positive<const N: usize>(left: &mut [f32; N], top: &[f32; N]) {
    for (left, top) in left.iter_mut().zip(top) {
        *left = if *top > 0.0 { *left } else { 0.0 };
    }
}

/// One element of a window: it gets what is left of the gradient if it is the maximum.
#[inline(always)]
fn give<const N: usize>(image: &mut [f32], top: &[f32; N], left: &mut [f32; N]) {
    for i in 0..N {
        let hit = image[i].to_bits() == top[i].to_bits();
        image[i] = if hit { left[i] } else { 0.0 };
        left[i] = if hit { 0.0 } else { left[i] };
    }
}

/// A window of known size, and the gradient of its maximum.
struct FixedMaxInPlace<'a, const H: usize, const W: usize, const RELU: bool> {
    image: &'a mut [f32],
    row: usize,
    channels: usize,
    dy: &'a [f32],
}

impl<const H: usize, const W: usize, const RELU: bool> Block for FixedMaxInPlace<'_, H, W, RELU> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let mut top = [f32::NEG_INFINITY; N];
        let place = |i: usize, j: usize| i * self.row + j * self.channels + at;
        for i in 0..H {
            for j in 0..W {
                for (top, &x) in top.iter_mut().zip(&self.image[place(i, j)..][..N]) {
                    *top = larger(*top, x);
                }
            }
        }
        let mut left = [0.0; N];
        left.copy_from_slice(&self.dy[at..][..N]);
        if RELU {
            only_positive(&mut left, &top);
        }
        for i in 0..H {
            for j in 0..W {
                give(&mut self.image[place(i, j)..][..N], &top, &mut left);
            }
        }
    }
}

#[inline(always)]
fn fixed_in_place<const H: usize, const W: usize, const RELU: bool>(
    image: &mut [f32],
    dy: &[f32],
    w: &Windows,
) {
    let channels = w.channels;
    let row = w.input[2] * channels;
    for (i, dy) in dy.chunks_exact(w.output[2] * channels).enumerate() {
        for (j, dy) in dy.chunks_exact(channels).enumerate() {
            let image = &mut image[i * w.strides[1] * row + j * w.strides[2] * channels..];
            let mut window = FixedMaxInPlace::<H, W, RELU> {
                image,
                row,
                channels,
                dy,
            };
            in_blocks(channels, &mut window);
        }
    }
}
