//! Where what an output of a convolution sees lies.

use core::ops::Range;

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
pub(super) struct Band {
    pub outputs: Range<usize>,
    pub taps: Range<usize>,
    /// What the first output sees by the first tap.
    pub at: usize,
}

/// The gradient of the inputs that leave the same remainder by the stride: a convolution of the outputs' gradient by some of
/// the taps in reverse order.
pub(super) struct Reversed {
    /// The first of these inputs.
    pub remainder: usize,
    /// From outputs to inputs.
    pub axis: Axis,
    /// The first tap of the flipped kernel, and how far it is from tap to tap.
    pub first_tap: usize,
    pub tap_step: usize,
}

impl Axis {
    /// The taps by which an output sees an input.
    pub(in crate::kernels) fn taps_of(&self, output: usize) -> Range<usize> {
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

    /// Whether each output sees the input in the same place.
    const fn is_each(&self) -> bool {
        self.taps == 1 && self.stride == 1 && self.before == 0 && self.input == self.output
    }

    /// All outputs, in bands.
    pub(super) fn bands(self) -> impl Iterator<Item = Band> {
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
    pub(super) fn outputs_from(self, first: usize, output: usize) -> Self {
        Axis {
            output,
            before: self.before - (first * self.stride) as isize,
            ..self
        }
    }

    /// The first tap that is so far from the first one, up to a multiple of the stride, and how far it is to the next such tap. If
    /// there is none (of strides together with a dilation), one behind the last.
    pub(in crate::kernels) fn tap_at(&self, remainder: usize) -> (usize, usize) {
        let (stride, dilation) = (self.stride.max(1), self.dilation.max(1));
        if stride == 1 || dilation == 1 {
            return (remainder, stride);
        }
        let is = |tap: usize, remainder: usize| (tap * dilation) % stride == remainder;
        let step = (1..stride).find(|&step| is(step, 0)).unwrap_or(stride);
        let first = (0..step).find(|&tap| is(tap, remainder));
        (first.unwrap_or(self.taps), step)
    }

    /// The gradient of the inputs from `first` on, for each remainder that they can have by the stride.
    pub(super) fn reversed(self, first: usize, inputs: usize) -> impl Iterator<Item = Reversed> {
        let stride = self.stride.max(1);
        (0..stride.min(inputs)).map(move |remainder| {
            // Input i is seen by output (i + before - tap * dilation) / stride.
            let at = (first + remainder) as isize + self.before;
            let (tap, step) = self.tap_at(at.rem_euclid(stride as isize) as usize);
            let taps = self.taps.saturating_sub(tap).div_ceil(step);
            let last = taps.saturating_sub(1);
            let dilation = self.dilation * step / stride;
            let at = at - (tap * self.dilation) as isize;
            let axis = Axis {
                input: self.output,
                output: (inputs - remainder).div_ceil(stride),
                taps,
                stride: 1,
                dilation,
                before: (last * dilation) as isize - at.div_euclid(stride as isize),
            };
            Reversed {
                remainder,
                axis,
                first_tap: self.taps.saturating_sub(1 + tap + last * step),
                tap_step: step,
            }
        })
    }
}

/// What the walk of a microcontroller needs.
impl Axis {
    /// One output of this axis.
    pub(crate) const fn only(&self, output: usize) -> Axis {
        Axis {
            output: 1,
            before: self.before - (output * self.stride) as isize,
            ..*self
        }
    }

    /// An axis with a single element that an output sees.
    pub(crate) const SINGLE: Axis = Axis {
        input: 1,
        output: 1,
        taps: 1,
        stride: 1,
        dilation: 1,
        before: 0,
    };

    /// From the inputs of this axis to the outputs of another one that follows.
    pub(in crate::kernels) const fn behind(&self, next: &Axis) -> Axis {
        Axis {
            output: next.output,
            stride: self.stride.saturating_mul(next.stride),
            before: next
                .before
                .saturating_mul(self.stride as isize)
                .saturating_add(self.before),
            taps: self
                .reach()
                .saturating_add(next.taps.saturating_sub(1).saturating_mul(self.stride)),
            dilation: 1,
            ..*self
        }
    }

    /// From the last input and output to the first ones.
    pub(in crate::kernels) const fn mirrored(&self) -> Axis {
        let seen = self
            .output
            .saturating_sub(1)
            .saturating_mul(self.stride)
            .saturating_add(self.reach());
        // Beyond all sizes: of what there is, all is seen.
        let seen = if seen > isize::MAX as usize {
            isize::MAX
        } else {
            seen as isize
        };
        let before = seen
            .saturating_sub(self.before)
            .saturating_sub(self.input as isize);
        Axis { before, ..*self }
    }

    /// The inputs from the first tap to the last one.
    const fn reach(&self) -> usize {
        self.taps
            .saturating_sub(1)
            .saturating_mul(self.dilation)
            .saturating_add(1)
    }
}

/// A convolution of samples `(height, width, channels)` to `(rows, columns, filters)` by a kernel
/// `(height, width, channels / groups, filters)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Whether what an output sees is lines of terms at equal distances: the taps of a row are side by side, or they are single
    /// values, or there is one row.
    pub(crate) const fn in_lines(&self) -> bool {
        let [h, w] = &self.axes;
        (w.dilation == 1 && self.groups == 1) || self.depth() == 1 || h.taps == 1
    }

    /// Whether each output sees all channels of the input in the same place, and nothing else.
    pub(crate) const fn is_pointwise(&self) -> bool {
        let [h, w] = &self.axes;
        self.groups == 1 && h.is_each() && w.is_each()
    }

    /// Such a convolution of several samples as of one, whose pixels are all in one column.
    pub(crate) const fn merged(&self, samples: usize) -> Conv {
        let [h, w] = &self.axes;
        let pixels = samples * h.output * w.output;
        let column = Axis {
            input: pixels,
            output: pixels,
            ..Axis::SINGLE
        };
        Conv {
            axes: [column, Axis::SINGLE],
            ..*self
        }
    }

    /// Whether there are several channels, each of which is convolved by itself.
    pub(super) const fn is_by_channels(&self) -> bool {
        self.channels == self.groups && self.groups > 1 && self.width() > 0
    }

    /// Channels in a group.
    pub(in crate::kernels) const fn depth(&self) -> usize {
        self.channels / if self.groups == 0 { 1 } else { self.groups }
    }

    /// Filters in a group.
    pub(in crate::kernels) const fn width(&self) -> usize {
        self.filters / if self.groups == 0 { 1 } else { self.groups }
    }
}
