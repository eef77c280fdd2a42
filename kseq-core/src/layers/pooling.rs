//! What the pooling layers share: the kernels over windows (and in a file of their own the shape rules).
//!
//! All of it is for three axes: an image is a volume of depth 1, a sequence `(steps, features)` an image of height 1. The kernels go over windows, within a window over
//! blocks of channels: a block's running value stays in registers, and channels are contiguous. With
//! `padding = "same"` a window keeps only its real elements.

mod max;
mod rules;
mod stream;

pub(super) use rules::{global_shape, parts_shape, shape};
pub(super) use stream::{stream, streaming};

use core::ops::Range;

use crate::kernels::conv::Axis;
use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::kernels::walk::{self, Memory, Pooling, Walk};
use crate::math::larger;
use crate::pool::{Pool, for_samples};
use crate::shape::Shape;

/// Windows over a volume; all triples are (depth, height, width).
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    input: [usize; 3],
    output: [usize; 3],
    pub(super) channels: usize,
    pool_size: [usize; 3],
    strides: [usize; 3],
    /// Planes, rows and columns before the volume that the first window covers.
    before: [usize; 3],
    /// Whether the windows divide the volume into as many parts as there are outputs, of sizes that differ by one.
    divide: bool,
}

impl Windows {
    /// The windows between two shapes for which the rule holds.
    pub(super) const fn new(
        input: Shape,
        output: Shape,
        pool_size: [usize; 3],
        strides: [usize; 3],
    ) -> Self {
        let (input, channels) = (volume(input), input.last());
        let output = volume(output);
        let mut before = [0; 3];
        let mut i = 0;
        while i < 3 {
            let covered = (output[i] - 1) * strides[i];
            let covered = covered.saturating_add(pool_size[i]);
            before[i] = covered.saturating_sub(input[i]) / 2;
            i += 1;
        }
        Windows {
            input,
            output,
            channels,
            pool_size,
            strides,
            before,
            divide: false,
        }
    }

    /// The parts of a volume that become one output each.
    pub(super) const fn parts(input: Shape, output: Shape) -> Self {
        Windows {
            output: volume(output),
            divide: true,
            ..Windows::global(input)
        }
    }

    /// One window over all of the image.
    pub(super) const fn global(input: Shape) -> Self {
        let channels = input.last();
        let input = volume(input);
        Windows {
            input,
            output: [1; 3],
            channels,
            pool_size: input,
            strides: [1; 3],
            before: [0; 3],
            divide: false,
        }
    }

    /// Whether a microcontroller's kernels have these windows: those of an image.
    const fn is_walk(&self) -> bool {
        self.input[0] == 1 && self.pool_size[0] == 1 && !self.divide
    }

    /// How a pooling goes over a sample.
    pub(super) const fn walk(&self, average: bool) -> Walk {
        Walk::Pool(self.pooling(average))
    }

    const fn pooling(&self, average: bool) -> Pooling {
        Pooling {
            axes: [self.axis(1), self.axis(2)],
            channels: self.channels,
            average,
        }
    }

    const fn axis(&self, axis: usize) -> Axis {
        let (pool_size, seen) = (self.pool_size[axis], self.input[axis] + self.before[axis]);
        let single = self.output[axis] == 1;
        Axis {
            input: self.input[axis],
            output: self.output[axis],
            // As far as there is something: both may be any number.
            taps: if pool_size < seen { pool_size } else { seen },
            stride: if single { 1 } else { self.strides[axis] },
            dilation: 1,
            before: self.before[axis] as isize,
        }
    }

    /// The gradient of one sample in the memory of `image`, the input, which is lost; `relu` made the image, and its own
    /// gradient follows in the same pass. The windows are [`Windows::apart`]. (On a microcontroller of any number of samples.)
    pub(super) fn max_back_in_place(&self, image: &mut [f32], dy: &[f32], relu: bool) {
        if DEVICE {
            return walk::max_back_in_place(&self.pooling(false), image, dy, relu);
        }
        max::in_place(image, dy, self, relu);
    }

    pub(super) const fn input_len(&self) -> usize {
        self.input[0] * self.input[1] * self.input[2] * self.channels
    }

    pub(crate) const fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.output[2] * self.channels
    }

    /// Height and width of the windows, if they are those of an image and all of them inside of it.
    #[inline(always)]
    fn whole(&self) -> Option<[usize; 2]> {
        let inside = |axis: usize| {
            let last = self.output[axis].saturating_sub(1) * self.strides[axis];
            self.before[axis] == 0
                && self.input[axis].checked_sub(last) >= Some(self.pool_size[axis])
        };
        let [_, height, width] = self.pool_size;
        (self.is_walk() && inside(1) && inside(2)).then_some([height, width])
    }

    /// Whether no two windows overlap and nothing is between them.
    pub(crate) fn apart(&self) -> bool {
        let single = |axis: usize| self.output[axis] == 1;
        (0..3).all(|axis| self.strides[axis] == self.pool_size[axis] || single(axis))
    }

    /// How many rows of windows see only the first `rows` of an image.
    fn complete(&self, rows: usize) -> usize {
        if rows >= self.input[1] {
            return self.output[1];
        }
        match (rows + self.before[1]).checked_sub(self.pool_size[1]) {
            Some(left) => (left / self.strides[1].max(1) + 1).min(self.output[1]),
            None => 0,
        }
    }

    /// The windows of an image that can be computed since its values `part` are there, but not before: by `f`, of the rows
    /// that they see. Returns which values of `y` these are.
    pub(super) fn part(
        &self,
        x: &[f32],
        y: &mut [f32],
        part: Range<usize>,
        f: impl FnOnce(&[f32], &mut [f32], &Windows),
    ) -> Range<usize> {
        let row = (self.input[2] * self.channels).max(1);
        let rows = self.complete(part.start / row)..self.complete(part.end / row);
        let out = self.output[2] * self.channels;
        if !rows.is_empty() {
            let from = (rows.start * self.strides[1]).saturating_sub(self.before[1]);
            let covered = rows.start * self.strides[1];
            let some = Windows {
                input: [1, self.input[1] - from, self.input[2]],
                output: [1, rows.len(), self.output[2]],
                before: [0, self.before[1].saturating_sub(covered), self.before[2]],
                ..*self
            };
            f(
                &x[from * row..],
                &mut y[rows.start * out..rows.end * out],
                &some,
            );
        }
        rows.start * out..rows.end * out
    }

    #[inline(always)]
    fn range(&self, axis: usize, window: usize) -> Range<usize> {
        if self.divide {
            return self.part_of(axis, window);
        }
        let (from, before) = (window * self.strides[axis], self.before[axis]);
        let end = from.saturating_add(self.pool_size[axis]) - before;
        from.saturating_sub(before)..end.min(self.input[axis])
    }

    /// The part of an axis that becomes one output: from where it begins, rounded down, to where the next one does, rounded up.
    fn part_of(&self, axis: usize, part: usize) -> Range<usize> {
        let (input, output) = (self.input[axis], self.output[axis].max(1));
        part * input / output..((part + 1) * input).div_ceil(output)
    }

    /// The real elements of the window with this number.
    #[inline(always)]
    fn window(&self, number: usize) -> Window {
        let [depth, height, width] = self.output;
        let (line, plane) = match depth {
            1 => (number / width, 0),
            _ => (number / width % height, number / (width * height)),
        };
        Window {
            planes: self.range(0, plane),
            rows: self.range(1, line),
            columns: self.range(2, number % width),
            height: self.input[1],
            width: self.input[2],
            channels: self.channels,
        }
    }
}

/// Depth, height and width of `(depth, height, width, channels)`, `(height, width, channels)` or `(steps, features)`; 1 for what is
/// not there.
const fn volume(shape: Shape) -> [usize; 3] {
    match shape.rank() {
        4 => [shape.dim(0), shape.dim(1), shape.dim(2)],
        3 => [1, shape.dim(0), shape.dim(1)],
        2 => [1, 1, shape.dim(0)],
        _ => [1; 3],
    }
}

/// The sizes of a window over `N` axes, as those of one over three.
pub(super) const fn of_three<const N: usize>(sizes: [usize; N]) -> [usize; 3] {
    let (mut all, mut i) = ([1; 3], 0);
    while i < N && i < 3 {
        all[2 - i] = sizes[N - 1 - i];
        i += 1;
    }
    all
}

/// The real elements of one window.
#[derive(Clone)]
struct Window {
    planes: Range<usize>,
    rows: Range<usize>,
    columns: Range<usize>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Window {
    #[inline(always)]
    fn count(&self) -> f32 {
        self.len() as f32
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.planes.len() * self.rows.len() * self.columns.len()
    }

    /// The rows of all planes, each with its number counted from the first one of the volume.
    #[inline(always)]
    fn each_row(&self, mut f: impl FnMut(usize)) {
        for plane in self.planes.clone() {
            for row in self.rows.clone() {
                f(plane * self.height + row);
            }
        }
    }

    /// Calls `f` with the place of channel `at` of every element, row by row.
    #[inline(always)]
    fn each(&self, at: usize, mut f: impl FnMut(usize)) {
        self.each_row(|row| {
            for column in self.columns.clone() {
                f((row * self.width + column) * self.channels + at);
            }
        });
    }

    /// One row of it, of some columns.
    #[inline(always)]
    fn row(&self, row: usize, columns: Range<usize>) -> Window {
        Window {
            planes: 0..1,
            rows: row..row + 1,
            columns,
            ..*self
        }
    }

    #[inline(always)]
    fn max<const N: usize>(&self, x: &[f32], at: usize) -> [f32; N] {
        let mut top = [f32::NEG_INFINITY; N];
        self.each(at, |place| {
            for (top, &x) in top.iter_mut().zip(&x[place..][..N]) {
                *top = larger(*top, x);
            }
        });
        top
    }

    /// Row sums, then their sum; in blocks that are added as `f64` if it is a window as large as an image.
    #[inline(always)]
    fn sum<const N: usize>(&self, x: &[f32], at: usize) -> [f32; N] {
        if self.len() > SMALL {
            return self.long_sum(x, at);
        }
        let mut sum = [0.0; N];
        self.each_row(|row| {
            let mut line = [0.0; N];
            let one = self.row(row, self.columns.clone());
            one.each(at, |place| {
                for (sum, x) in line.iter_mut().zip(&x[place..][..N]) {
                    *sum += x;
                }
            });
            for (sum, line) in sum.iter_mut().zip(line) {
                *sum += line;
            }
        });
        sum
    }

    #[inline(always)]
    fn long_sum<const N: usize>(&self, x: &[f32], at: usize) -> [f32; N] {
        let mut totals = [0.0; N];
        self.each_row(|row| {
            for first in self.columns.clone().step_by(SMALL) {
                let mut line = [0.0; N];
                let some = self.row(row, first..self.columns.end.min(first + SMALL));
                some.each(at, |place| {
                    for (sum, x) in line.iter_mut().zip(&x[place..][..N]) {
                        *sum += x;
                    }
                });
                for (total, line) in totals.iter_mut().zip(line) {
                    *total += f64::from(line);
                }
            }
        });
        totals.map(|total| total as f32)
    }
}

/// Elements of a window whose sum stays in `f32`.
const SMALL: usize = 64;

/// Whether `x` is the largest value of its window: 0 is -0, and a NaN is itself.
#[inline(always)]
fn is_top(x: f32, top: f32) -> bool {
    x == top || x.to_bits() == top.to_bits()
}

/// What is done with `N` neighbouring channels of a window.
trait Block {
    fn block<const N: usize>(&mut self, at: usize);
}

/// All channels, in blocks that fit into registers.
#[inline(always)]
fn in_blocks(channels: usize, work: &mut impl Block) {
    let mut at = 0;
    while at + 32 <= channels {
        work.block::<32>(at);
        at += 32;
    }
    if at + 16 <= channels {
        work.block::<16>(at);
        at += 16;
    }
    while at + 8 <= channels {
        work.block::<8>(at);
        at += 8;
    }
    if at + 4 <= channels {
        work.block::<4>(at);
        at += 4;
    }
    while at < channels {
        work.block::<1>(at);
        at += 1;
    }
}

/// The output of one sample in memory that may overlap the input's.
#[inline(always)]
pub(super) fn infer_walk(memory: &Memory<'_>, walk: &Walk, backwards: bool) {
    if let Walk::Pool(pooling) = walk {
        walk::pool(pooling, memory, backwards);
    }
}

/// All samples on a microcontroller.
fn on_device(x: &[f32], y: &mut [f32], w: &Windows, average: bool) {
    let pooling = w.pooling(average);
    let outputs = y.chunks_exact_mut(w.output_len().max(1));
    for (x, y) in x.chunks_exact(w.input_len().max(1)).zip(outputs) {
        walk::pool(&pooling, &Memory::apart(x, y), false);
    }
}

/// The largest value of every window.
pub(super) fn max(x: &[f32], y: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return on_device(x, y, w, false);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, y, out, len, |i, y| {
        max::max_of(&x[i * len..][..len], y, w)
    });
}

/// The gradient goes to the first largest value of its window. Windows may overlap.
pub(super) fn max_back(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return walk::max_back(&w.pooling(false), x, dy, dx);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, dx, len, len, |i, dx| {
        max::first_max_of(&x[i * len..][..len], &dy[i * out..][..out], dx, w);
    });
}

/// `x`, `dy` and `dx`
struct Back<'a>(&'a [f32], &'a [f32], &'a mut [f32], Window);

/// The gradient is shared by all largest values of the one window, as TensorFlow does for a global maximum.
pub(super) fn max_back_shared(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return walk::max_back_shared(&w.pooling(false), x, dy, dx);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, dx, len, len, |i, dx| {
        all_max_of(&x[i * len..][..len], &dy[i * out..][..out], dx, w);
    });
}

struct AllMax<'a>(Back<'a>);

impl Block for AllMax<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let Back(x, dy, dx, window) = &mut self.0;
        let top = window.max::<N>(x, at);
        let mut count = [0.0; N];
        window.each(at, |place| {
            for ((count, x), top) in count.iter_mut().zip(&x[place..][..N]).zip(&top) {
                *count += if is_top(*x, *top) { 1.0 } else { 0.0 };
            }
        });
        let mut share = [0.0; N];
        for ((share, dy), count) in share.iter_mut().zip(&dy[at..][..N]).zip(count) {
            *share = dy / count;
        }
        window.each(at, |place| {
            let (x, dx) = (&x[place..][..N], &mut dx[place..][..N]);
            for i in 0..N {
                dx[i] = if is_top(x[i], top[i]) { share[i] } else { 0.0 };
            }
        });
    }
}

simd_fn! {
    fn all_max_of(x: &[f32], dy: &[f32], dx: &mut [f32], w: &Windows) {
        in_blocks(w.channels, &mut AllMax(Back(x, dy, dx, w.window(0))));
    }
}

/// The average of the real elements of every window.
pub(super) fn average(x: &[f32], y: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return on_device(x, y, w, true);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, y, out, len, |i, y| {
        average_of(&x[i * len..][..len], y, w);
    });
}

struct Average<'a>(&'a [f32], &'a mut [f32], Window);

impl Block for Average<'_> {
    #[inline(always)]
    fn block<const N: usize>(&mut self, at: usize) {
        let (sum, count) = (self.2.sum::<N>(self.0, at), self.2.count());
        for (y, sum) in self.1[at..][..N].iter_mut().zip(sum) {
            *y = sum / count;
        }
    }
}

simd_fn! {
    fn average_of(x: &[f32], y: &mut [f32], w: &Windows) {
        for (i, y) in y.chunks_exact_mut(w.channels).enumerate() {
            in_blocks(w.channels, &mut Average(x, y, w.window(i)));
        }
    }
}

/// Every real element of a window gets the same share of its gradient.
pub(super) fn average_back(dy: &[f32], dx: &mut [f32], w: &Windows, pool: &Pool) {
    if DEVICE && w.is_walk() {
        return walk::average_back(&w.pooling(true), dy, dx);
    }
    let (len, out) = (w.input_len(), w.output_len());
    for_samples(pool, dx, len, len, |i, dx| {
        share_of(&dy[i * out..][..out], dx, w);
    });
}

simd_fn! {
    fn share_of(dy: &[f32], dx: &mut [f32], w: &Windows) {
        dx.fill(0.0);
        for (i, dy) in dy.chunks_exact(w.channels).enumerate() {
            let window = w.window(i);
            let share = 1.0 / window.count();
            window.each(0, |place| {
                for (dx, dy) in dx[place..][..w.channels].iter_mut().zip(dy) {
                    *dx += dy * share;
                }
            });
        }
    }
}
