//! The largest values of windows: any, and those that lie side by side in the image, which most models have.
//!
//! A window with NaN gives NaN, and the gradient goes there. The largest value is found again by its bits, which costs what
//! `==` does: of equal values the first was kept, of 0 and -0 too.

use super::blocks::{Back, Block, in_blocks};
use super::inside::{Inside, each_window, keep, of_size, run, run_mut, taps};
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

/// The largest values, of windows of a known size.
struct FixedMax<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    w: &'a Windows,
}

impl<const H: usize, const W: usize> Inside<H, W> for FixedMax<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, places: [[usize; W]; H], out: usize, _: usize) -> bool {
        let (Some(values), Some(y)) = (taps::<H, W, N>(self.x, places), run_mut(self.y, out))
        else {
            return false;
        };
        *y = top(&values);
        true
    }

    #[inline(always)]
    fn border(&mut self, number: usize) {
        let channels = self.w.channels;
        let y = &mut self.y[number * channels..][..channels];
        in_blocks(channels, &mut Max(self.x, y, self.w.window(number)));
    }
}

#[inline(always)]
fn fixed_max<const H: usize, const W: usize>(x: &[f32], y: &mut [f32], w: &Windows) {
    each_window::<H, W>(w, &mut FixedMax { x, y, w });
}

/// The largest of the values of a window.
#[inline(always)]
fn top<const H: usize, const W: usize, const N: usize>(values: &[[[f32; N]; W]; H]) -> [f32; N] {
    let mut top = [f32::NEG_INFINITY; N];
    for (i, values) in values.as_flattened().iter().enumerate() {
        for (top, &x) in top.iter_mut().zip(values) {
            *top = if i == 0 { x } else { larger(*top, x) };
        }
    }
    top
}

simd_fn! {
    /// The largest value of every window of a sample.
    pub(super) fn max_of(x: &[f32], y: &mut [f32], w: &Windows) {
        of_size!(w, fixed_max(x, y, w));
        for (i, y) in y.chunks_exact_mut(w.channels).enumerate() {
            in_blocks(w.channels, &mut Max(x, y, w.window(i)));
        }
    }
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

/// The gradients of windows of a known size, added to those of other windows.
struct FixedFirstMax<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    w: &'a Windows,
}

impl<const H: usize, const W: usize> Inside<H, W> for FixedFirstMax<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, places: [[usize; W]; H], out: usize, own: usize) -> bool {
        let (Some(values), Some(mut left)) =
            (taps::<H, W, N>(self.x, places), run::<N>(self.dy, out))
        else {
            return false;
        };
        if own < N {
            keep(&mut left, own);
        }
        let top = top(&values);
        let (values, places) = (values.as_flattened(), places.as_flattened());
        for (x, place) in values.iter().zip(places) {
            let Some(dx) = run_mut::<N>(self.dx, *place) else {
                return false;
            };
            for i in 0..N {
                let hit = x[i].to_bits() == top[i].to_bits();
                dx[i] += if hit { left[i] } else { 0.0 };
                left[i] = if hit { 0.0 } else { left[i] };
            }
        }
        true
    }

    #[inline(always)]
    fn border(&mut self, number: usize) {
        let channels = self.w.channels;
        let dy = &self.dy[number * channels..][..channels];
        let window = self.w.window(number);
        in_blocks(channels, &mut FirstMax(Back(self.x, dy, self.dx, window)));
    }
}

#[inline(always)]
fn fixed_first_max<const H: usize, const W: usize>(
    x: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    w: &Windows,
) {
    each_window::<H, W>(w, &mut FixedFirstMax { x, dy, dx, w });
}

simd_fn! {
    /// The gradient of a sample goes to the first largest value of its window. Windows may overlap.
    pub(super) fn first_max_of(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows) {
        dx.fill(0.0);
        of_size!(w, fixed_first_max(x, dy, dx, w));
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
