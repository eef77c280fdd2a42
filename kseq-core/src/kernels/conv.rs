//! Convolutions, channels last, as sums over patches without a copy of the patches.
//!
//! A line of a patch is `taps * channels` contiguous floats and the next output's begins `stride * channels` further, so
//! the micro-kernels of the matrix product read it in place; the sums stay in registers over all lines. Padding is never
//! stored: the outputs are cut into rectangles that see the same taps of the kernel, and each is summed over those alone.
//!
//! The gradient of the input is a convolution of the output's gradient with the flipped kernel (one for each remainder of
//! the stride), that of the kernel a sum over the outputs of a rectangle. Every element is one chain of multiply-adds,
//! whatever the number of threads.

#[path = "conv_few.rs"]
mod few;

use core::ops::Range;

use super::dispatch::{Isa, isa};
use super::gemm::Ends;
use super::gemm_far::Ahead;
use super::patches::{Patches, patches};
use super::transpose::transpose;
use crate::pool::Pool;

/// One axis of a convolution: output `o` sees the inputs `o * stride + t * dilation - before` for all taps `t`, as far as
/// they exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Inputs.
    pub input: usize,
    /// Outputs.
    pub output: usize,
    /// The size of the kernel.
    pub taps: usize,
    /// From one output to the next.
    pub stride: usize,
    /// From one tap to the next.
    pub dilation: usize,
    /// Zeros before the input.
    pub before: isize,
}

/// Neighbouring outputs that see the same taps.
struct Band {
    outputs: Range<usize>,
    taps: Range<usize>,
    /// What the first output sees by the first tap.
    at: usize,
}

impl Axis {
    /// The taps by which an output sees an input.
    fn taps_of(&self, output: usize) -> Range<usize> {
        let first = (output * self.stride) as isize - self.before;
        let (hidden, seen) = match usize::try_from(first) {
            Ok(first) => (0, self.input.saturating_sub(first)),
            Err(_) => (first.unsigned_abs(), first.unsigned_abs() + self.input),
        };
        let dilation = self.dilation.max(1);
        let end = seen.div_ceil(dilation).min(self.taps);
        hidden.div_ceil(dilation).min(end)..end
    }

    /// The output behind the last one whose last tap sees an input.
    fn complete(&self) -> usize {
        let reach = self.taps.saturating_sub(1) * self.dilation;
        let end = self.input as isize - reach as isize + self.before;
        usize::try_from(end).map_or(0, |end| end.div_ceil(self.stride.max(1)))
    }

    fn bands(self) -> impl Iterator<Item = Band> {
        let mut next = 0;
        core::iter::from_fn(move || {
            let first = next;
            if first >= self.output {
                return None;
            }
            let taps = self.taps_of(first);
            next = match taps == (0..self.taps) {
                // All outputs before the first one that would see beyond the end.
                true => self.complete().clamp(first + 1, self.output),
                false => first + 1,
            };
            while next < self.output && self.taps_of(next) == taps {
                next += 1;
            }
            let at = (first * self.stride + taps.start * self.dilation) as isize - self.before;
            Some(Band {
                outputs: first..next,
                at: usize::try_from(at).unwrap_or(0),
                taps,
            })
        })
    }

    /// The axis of the outputs from `first` on.
    fn outputs_from(self, first: usize, output: usize) -> Self {
        Axis {
            output,
            before: self.before - (first * self.stride) as isize,
            ..self
        }
    }

    /// The gradient of the inputs from `first` on, one axis for each remainder that they can have by the stride: the
    /// remainder, an axis over the outputs for the kernel in reverse order, its first tap, and from tap to tap.
    fn reversed(
        self,
        first: usize,
        inputs: usize,
    ) -> impl Iterator<Item = (usize, Axis, usize, usize)> {
        let stride = self.stride.max(1);
        (0..stride.min(inputs)).map(move |remainder| {
            // Input i is seen by output (i + before - tap * dilation) / stride. (Only a stride of 1 has a dilation.)
            let at = (first + remainder) as isize + self.before;
            let tap = at.rem_euclid(stride as isize) as usize;
            let taps = self.taps.saturating_sub(tap).div_ceil(stride);
            let last = taps.saturating_sub(1);
            let axis = Axis {
                input: self.output,
                output: (inputs - remainder).div_ceil(stride),
                taps,
                stride: 1,
                dilation: self.dilation,
                before: (last * self.dilation) as isize - (at - tap as isize) / stride as isize,
            };
            let first_tap = self.taps.saturating_sub(1 + tap + last * stride);
            (remainder, axis, first_tap, stride)
        })
    }
}

/// A convolution of samples `(height, width, channels)` to `(rows, columns, filters)` by a kernel
/// `(height, width, channels / groups, filters)`.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    /// Height and width.
    pub axes: [Axis; 2],
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub filters: usize,
    /// Filters in a group see the channels of that group.
    pub groups: usize,
}

/// A convolution with a kernel whose elements may lie in any order.
struct Walk {
    axes: [Axis; 2],
    /// Channels that are summed, and channels that come out.
    depth: usize,
    n: usize,
    /// Distances along the axes, in the input, the output, and the kernel.
    x: [usize; 2],
    y: [usize; 2],
    taps: [usize; 2],
    /// What is asked for meanwhile, or null.
    ahead: *mut Ahead,
}

impl Walk {
    /// `rows` is the distance of channels in the kernel.
    fn run(
        &self,
        isa: Isa,
        x: &[f32],
        (kernel, rows): (&[f32], usize),
        y: &mut [f32],
        ends: Ends<'_>,
    ) {
        let [h, w] = self.axes;
        // The channels of neighbouring pixels and taps lie one after the other.
        let is_line = w.dilation * self.x[1] == self.depth && self.taps[1] == self.depth * rows;
        for tall in h.bands() {
            for wide in w.bands() {
                let x = &x[(tall.at * self.x[0] + wide.at * self.x[1]).min(x.len())..];
                let first = tall.taps.start * self.taps[0] + wide.taps.start * self.taps[1];
                let kernel = &kernel[first.min(kernel.len())..];
                let first = tall.outputs.start * self.y[0] + wide.outputs.start * self.y[1];
                let y = &mut y[first..];
                let down = [tall.outputs.len(), h.stride * self.x[0], self.y[0]];
                let along = [wide.outputs.len(), w.stride * self.x[1], self.y[1]];
                // The micro-kernels want many outputs at once.
                let (count, outputs) = match along[0] < 8 && along[0] < down[0] {
                    true => (along, down),
                    false => (down, along),
                };
                let patch = |lines, terms, ends, a, b| Patches {
                    a,
                    b,
                    n: self.n,
                    count,
                    rows: outputs,
                    lines,
                    terms,
                    ends,
                    ahead: self.ahead,
                };
                let (lines, columns) = (tall.taps.len(), wide.taps.len());
                let line = h.dilation * self.x[0];
                if is_line || lines * columns == 0 {
                    let lines = [lines, line, self.taps[0]];
                    let terms = [columns * self.depth, 1, rows];
                    patches(isa, &patch(lines, terms, ends, x, kernel), y);
                    continue;
                }
                for tap in 0..lines {
                    let ends = Ends {
                        accumulate: ends.accumulate || tap > 0,
                        ..if tap + 1 == lines {
                            ends
                        } else {
                            Ends::default()
                        }
                    };
                    let (x, kernel) = (&x[tap * line..], &kernel[tap * self.taps[0]..]);
                    let lines = [columns, w.dilation * self.x[1], self.taps[1]];
                    let terms = [self.depth, 1, rows];
                    patches(isa, &patch(lines, terms, ends, x, kernel), y);
                }
            }
        }
    }
}

impl Conv {
    /// Values of an input sample.
    #[must_use]
    pub const fn input_len(&self) -> usize {
        self.axes[0].input * self.axes[1].input * self.channels
    }

    /// Values in a row of the output.
    #[must_use]
    pub const fn row_len(&self) -> usize {
        self.axes[1].output * self.filters
    }

    /// Values of an output sample.
    #[must_use]
    pub const fn output_len(&self) -> usize {
        self.axes[0].output * self.row_len()
    }

    /// Weights of the kernel.
    #[must_use]
    pub const fn kernel_len(&self) -> usize {
        self.axes[0].taps * self.axes[1].taps * self.depth() * self.filters
    }

    /// Channels in a group.
    const fn depth(&self) -> usize {
        self.channels / if self.groups == 0 { 1 } else { self.groups }
    }

    /// Filters in a group.
    const fn width(&self) -> usize {
        self.filters / if self.groups == 0 { 1 } else { self.groups }
    }

    /// The rows of one sample's output from row `first` on, as many as `y` has.
    ///
    /// # Panics
    /// When `x` is not a sample, `kernel` not a kernel, or `y` not whole rows of the output.
    pub fn forward(&self, x: &[f32], kernel: &[f32], y: &mut [f32], first: usize, ends: Ends<'_>) {
        self.rows(isa(), x, kernel, y, (first, ends), core::ptr::null_mut());
    }

    /// The same, and asks for memory that is needed soon, see [`Ctx::soon`](crate::layer::Ctx::soon).
    pub(crate) fn forward_while(
        &self,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        (first, ends): (usize, Ends<'_>),
        (memory, far): (&[f32], bool),
    ) {
        let mut ahead = Ahead::memory(memory, far);
        self.rows(isa(), x, kernel, y, (first, ends), &raw mut ahead);
    }

    #[doc(hidden)]
    pub fn forward_with(
        &self,
        isa: Isa,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        first: usize,
        ends: Ends<'_>,
    ) {
        self.rows(isa, x, kernel, y, (first, ends), core::ptr::null_mut());
    }

    fn rows(
        &self,
        isa: Isa,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        (first, ends): (usize, Ends<'_>),
        ahead: *mut Ahead,
    ) {
        assert_eq!(x.len(), self.input_len(), "conv: not one sample");
        assert_eq!(kernel.len(), self.kernel_len(), "conv: not the kernel");
        let (rows, [h, w]) = (y.len() / self.row_len().max(1), self.axes);
        let walk = Walk {
            axes: [h.outputs_from(first, rows), w],
            depth: self.depth(),
            n: self.width(),
            x: [w.input * self.channels, self.channels],
            y: [self.row_len(), self.filters],
            taps: [
                w.taps * self.depth() * self.filters,
                self.depth() * self.filters,
            ],
            ahead,
        };
        for group in 0..self.groups {
            let (x, first) = (&x[group * walk.depth..], group * walk.n);
            let bias = match ends.bias {
                [] => ends.bias,
                bias => &bias[first..][..walk.n],
            };
            let ends = Ends { bias, ..ends };
            let kernel = (&kernel[first..], self.filters);
            walk.run(isa, x, kernel, &mut y[first..], ends);
        }
    }

    /// The kernel as [`Conv::backward`] wants it: taps in reverse order, `(height, width, filters, channels / groups)`, or for
    /// few channels lines in reverse order, `(height, filters, width, channels)`.
    ///
    /// # Panics
    /// When the lengths are not those of a kernel.
    pub fn flip(&self, kernel: &[f32], flipped: &mut [f32], pool: &Pool) {
        assert_eq!(kernel.len(), flipped.len(), "conv: not the kernel");
        let [h, w] = self.axes;
        let (filters, (taps, depth)) = match self.few() {
            true => (self.filters, (h.taps, w.taps * self.channels)),
            false => (self.filters, (h.taps * w.taps, self.depth())),
        };
        pool.for_each_chunk(flipped, (depth * filters).max(1), |tap, flipped| {
            let kernel = &kernel[(taps - 1 - tap) * depth * filters..][..depth * filters];
            transpose([depth, filters], kernel, flipped);
        });
    }

    /// The gradient of one sample's input, rows `first..` as many as `dx` has, from that of its output and the flipped kernel.
    ///
    /// # Panics
    /// When `dy` is not a sample's, `flipped` not a kernel, or `dx` not whole rows.
    pub fn backward(&self, dy: &[f32], flipped: &[f32], dx: &mut [f32], first: usize) {
        self.backward_with(isa(), dy, flipped, dx, first);
    }

    #[doc(hidden)]
    pub fn backward_with(
        &self,
        isa: Isa,
        dy: &[f32],
        flipped: &[f32],
        dx: &mut [f32],
        first: usize,
    ) {
        assert_eq!(dy.len(), self.output_len(), "conv: not one sample");
        assert_eq!(flipped.len(), self.kernel_len(), "conv: not the kernel");
        if self.few() {
            return self.backward_few(isa, dy, flipped, dx, first);
        }
        let [h, w] = self.axes;
        let row = w.input * self.channels;
        let rows = dx.len() / row.max(1);
        let (depth, width) = (self.depth(), self.width());
        let tap = self.filters * depth;
        for (top, tall, down, lines) in h.reversed(first, rows) {
            for (left, wide, along, columns) in w.reversed(0, w.input) {
                let walk = Walk {
                    axes: [tall, wide],
                    depth: width,
                    n: depth,
                    x: [self.row_len(), self.filters],
                    y: [h.stride * row, w.stride * self.channels],
                    taps: [lines * w.taps * tap, columns * tap],
                    ahead: core::ptr::null_mut(),
                };
                for group in 0..self.groups {
                    let dy = &dy[group * width..];
                    let at = (down * w.taps + along) * tap + group * width * depth;
                    let to = top * row + left * self.channels + group * depth;
                    let flipped = (&flipped[at.min(flipped.len())..], depth);
                    walk.run(isa, dy, flipped, &mut dx[to..], Ends::default());
                }
            }
        }
    }

    /// Adds one sample's gradient of the kernel to the lines of `dkernel`, the first of which is `first` (a line has all
    /// columns, channels and filters).
    ///
    /// # Panics
    /// When `x` and `dy` are not samples, or `dkernel` not whole lines.
    pub fn add_kernel_gradient(&self, x: &[f32], dy: &[f32], dkernel: &mut [f32], first: usize) {
        self.add_kernel_gradient_with(isa(), x, dy, dkernel, first);
    }

    #[doc(hidden)]
    pub fn add_kernel_gradient_with(
        &self,
        isa: Isa,
        x: &[f32],
        dy: &[f32],
        dkernel: &mut [f32],
        first: usize,
    ) {
        assert_eq!(x.len(), self.input_len(), "conv: not one sample");
        assert_eq!(dy.len(), self.output_len(), "conv: not one sample");
        let ([h, w], filters) = (self.axes, self.filters);
        let (depth, width) = (self.depth(), self.width());
        let is_line = w.dilation == 1 && depth == self.channels;
        let (pixel, row) = (self.channels, w.input * self.channels);
        let line = w.taps * depth * filters;
        let lines = first..first + dkernel.len() / line.max(1);
        for tall in h.bands() {
            for wide in w.bands() {
                let dy = &dy[tall.outputs.start * self.row_len() + wide.outputs.start * filters..];
                let down = [tall.outputs.len(), h.stride * row, self.row_len()];
                let along = [wide.outputs.len(), w.stride * pixel, filters];
                let (outer, inner) = match along[0] < 8 && along[0] < down[0] {
                    true => (along, down),
                    false => (down, along),
                };
                let begin = tall.taps.start.max(lines.start);
                for tap in begin..tall.taps.end.min(lines.end) {
                    let at =
                        (tall.at + (tap - tall.taps.start) * h.dilation) * row + wide.at * pixel;
                    let runs = if is_line { 1 } else { wide.taps.len() };
                    let channels = if is_line {
                        wide.taps.len() * depth
                    } else {
                        depth
                    };
                    for run in 0..runs {
                        let column = wide.taps.start + run;
                        let to = (tap - first) * line + column * depth * filters;
                        for group in 0..self.groups {
                            let sum = Patches {
                                a: &x[at + run * w.dilation * pixel + group * depth..],
                                b: &dy[group * width..],
                                n: width,
                                count: [1, 0, 0],
                                rows: [channels, 1, filters],
                                lines: outer,
                                terms: inner,
                                ends: Ends {
                                    accumulate: true,
                                    ..Ends::default()
                                },
                                ahead: core::ptr::null_mut(),
                            };
                            patches(isa, &sum, &mut dkernel[to + group * width..]);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(all(test, feature = "std"))]
#[path = "conv_tests.rs"]
mod tests;
