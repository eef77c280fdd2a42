//! Windows over a volume, and which of its elements each of them sees.
//!
//! An image is a volume of depth 1, a sequence `(steps, features)` an image of height 1. With `padding = "same"` a window keeps only its
//! real elements.

use core::ops::Range;

use crate::kernels::conv::Axis;
use crate::kernels::dispatch::DEVICE;
use crate::kernels::walk::{Pooling, Walk};
use crate::shape::Shape;

/// Windows over a volume; all triples are (depth, height, width).
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 3],
    pub(in crate::layers) channels: usize,
    pub(super) pool_size: [usize; 3],
    pub(super) strides: [usize; 3],
    /// Planes, rows and columns before the volume that the first window covers.
    pub(super) before: [usize; 3],
    /// Whether the windows divide the volume into as many parts as there are outputs, of sizes that differ by one.
    divide: bool,
}

impl Windows {
    /// The windows between two shapes for which the rule holds.
    pub(in crate::layers) const fn new(
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
    pub(in crate::layers) const fn parts(input: Shape, output: Shape) -> Self {
        Windows {
            output: volume(output),
            divide: true,
            ..Windows::global(input)
        }
    }

    /// One window over all of the image.
    pub(in crate::layers) const fn global(input: Shape) -> Self {
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
    pub(super) const fn is_walk(&self) -> bool {
        self.input[0] == 1 && self.pool_size[0] == 1 && !self.divide
    }

    /// How a pooling goes over a sample.
    pub(in crate::layers) const fn walk(&self, average: bool) -> Walk {
        Walk::Pool(self.pooling(average))
    }

    pub(super) const fn pooling(&self, average: bool) -> Pooling {
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

    pub(in crate::layers) const fn input_len(&self) -> usize {
        self.input[0] * self.input[1] * self.input[2] * self.channels
    }

    pub(crate) const fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.output[2] * self.channels
    }

    /// Height and width of the windows, if they are those of an image.
    #[inline(always)]
    pub(super) fn size(&self) -> Option<[usize; 2]> {
        let [_, height, width] = self.pool_size;
        (!DEVICE && self.is_walk()).then_some([height, width])
    }

    /// The same if all of them lie inside of it.
    #[inline(always)]
    pub(super) fn whole(&self) -> Option<[usize; 2]> {
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
    pub(in crate::layers) fn part(
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
    pub(super) fn range(&self, axis: usize, window: usize) -> Range<usize> {
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
    pub(super) fn window(&self, number: usize) -> Window {
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
pub(in crate::layers) const fn of_three<const N: usize>(sizes: [usize; N]) -> [usize; 3] {
    let (mut all, mut i) = ([1; 3], 0);
    while i < N && i < 3 {
        all[2 - i] = sizes[N - 1 - i];
        i += 1;
    }
    all
}

/// The real elements of one window.
#[derive(Clone)]
pub(super) struct Window {
    planes: Range<usize>,
    rows: Range<usize>,
    pub(super) columns: Range<usize>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Window {
    #[inline(always)]
    pub(super) fn count(&self) -> f32 {
        self.len() as f32
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.planes.len() * self.rows.len() * self.columns.len()
    }

    /// The rows of all planes, each with its number counted from the first one of the volume.
    #[inline(always)]
    pub(super) fn each_row(&self, mut f: impl FnMut(usize)) {
        for plane in self.planes.clone() {
            for row in self.rows.clone() {
                f(plane * self.height + row);
            }
        }
    }

    /// Calls `f` with the place of channel `at` of every element, row by row.
    #[inline(always)]
    pub(super) fn each(&self, at: usize, mut f: impl FnMut(usize)) {
        self.each_row(|row| {
            for column in self.columns.clone() {
                f((row * self.width + column) * self.channels + at);
            }
        });
    }

    /// One row of it, of some columns.
    #[inline(always)]
    pub(super) fn row(&self, row: usize, columns: Range<usize>) -> Window {
        Window {
            planes: 0..1,
            rows: row..row + 1,
            columns,
            ..*self
        }
    }
}
