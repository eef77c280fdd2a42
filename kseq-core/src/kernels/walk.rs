//! How a microcontroller goes over the windows of a sample: output by output, in memory that the input gives up meanwhile.
//!
//! An output behind which nobody reads the first rows of the input may lie there ([`Walk::lead`]), and a convolution gives
//! its values to the pooling that follows, so that only pooled ones are stored ([`Walk::Conv`]). The plan of a model
//! decides (`network/plan/arena.rs`); on a host all of that is beside the point, since caches are large.

mod conv;
mod memory;
mod pool;
mod volume;

pub(crate) use conv::{convolve, input_gradient, kernel_gradient};
pub use memory::Memory;
pub(crate) use pool::{average_back, max_back, max_back_in_place, max_back_shared, pool};
pub(crate) use volume::Volumes;

use super::conv::{Axis, Conv};

/// Windows of a pooling over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Height and width; the taps are the size of a window.
    pub axes: [Axis; 2],
    /// Channels of input and output.
    pub channels: usize,
    /// Whether it is the average of a window, or its largest value.
    pub average: bool,
}

impl Pooling {
    /// Values of an input sample.
    #[must_use]
    pub const fn input_len(&self) -> usize {
        self.axes[0].input * self.axes[1].input * self.channels
    }

    /// Values of an output sample.
    #[must_use]
    pub const fn output_len(&self) -> usize {
        self.axes[0].output * self.axes[1].output * self.channels
    }

    /// Whether there is a value in each window, which the sizes of input and output do not say.
    fn sees(&self) -> bool {
        let mut axes = self.axes.iter();
        axes.all(|axis| (0..axis.output).all(|output| !window(axis, output).is_empty()))
    }

    /// Whether no two windows overlap.
    #[must_use]
    pub const fn apart(&self) -> bool {
        let [h, w] = &self.axes;
        (h.stride >= h.taps || h.output == 1) && (w.stride >= w.taps || w.output == 1)
    }
}

/// Which poolings may be made of a convolution's values before they are all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pools {
    /// None.
    Nothing,
    /// The largest value: the activation does not change which one it is.
    Max,
    /// The average, too: the convolution itself applies the activation.
    Any,
}

/// A layer that goes over windows of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Walk {
    /// A convolution.
    Conv {
        /// Its geometry.
        conv: Conv,
        /// What may follow.
        pools: Pools,
        /// What does: its output is written instead.
        pooling: Option<Pooling>,
    },
    /// A pooling, if it has to do the work itself.
    Pool(Pooling),
}

impl Walk {
    /// How many values the output must begin before the input (in the direction of the walk), so that nothing is
    /// overwritten that is still read; at most as many as the output has.
    ///
    /// From output `p` on the input is read from some value on. The output before it, with what is written together with it, ends
    /// there at most. That has its largest value at the borders and where the padding ends, since it is linear between.
    #[must_use]
    pub const fn lead(&self, backwards: bool) -> usize {
        // A pooling reads a channel and writes it. A convolution reads all channels for each, and writes two outputs.
        let ([mut h, mut w], [from, to], unit) = match self {
            Walk::Conv {
                conv,
                pooling: Some(pooling),
                ..
            } => {
                let [h, w] = &conv.axes;
                let axes = [h.behind(&pooling.axes[0]), w.behind(&pooling.axes[1])];
                (axes, [conv.channels, conv.filters], 1)
            }
            Walk::Conv { conv, .. } => (conv.axes, [conv.channels, conv.filters], 2),
            Walk::Pool(pooling) => (pooling.axes, [pooling.channels; 2], 0),
        };
        if backwards {
            (h, w) = (h.mirrored(), w.mirrored());
        }
        let count = h.output * w.output;
        let (rows, columns) = (turns(&h), turns(&w));
        let (mut lead, mut i) = (0, 0);
        while i < TURNS {
            let mut j = 0;
            while j < TURNS {
                let (row, column) = (rows[i], columns[j]);
                let p = row * w.output + column;
                let end = if p + unit < count { p + unit } else { count };
                let mut read = first(&h, row) * w.input + first(&w, column);
                if row + 1 < h.output && first(&h, row + 1) * w.input < read {
                    read = first(&h, row + 1) * w.input;
                }
                let need = (end * to).saturating_sub(read * from);
                lead = if need > lead { need } else { lead };
                j += 1;
            }
            i += 1;
        }
        if lead > count * to { count * to } else { lead }
    }
}

/// How many outputs of an axis are looked at.
const TURNS: usize = 6;

/// The outputs of an axis at its borders and where the padding ends.
const fn turns(axis: &Axis) -> [usize; TURNS] {
    let last = axis.output.saturating_sub(1);
    let stride = if axis.stride == 0 { 1 } else { axis.stride };
    let padded = if axis.before > 0 {
        axis.before as usize / stride
    } else {
        0
    };
    let mut turns = [
        0,
        padded.saturating_sub(1),
        padded,
        padded + 1,
        last.saturating_sub(1),
        last,
    ];
    let mut i = 0;
    while i < TURNS {
        if turns[i] > last {
            turns[i] = last;
        }
        i += 1;
    }
    turns
}

/// The first input that an output sees.
const fn first(axis: &Axis, output: usize) -> usize {
    let at = (output.saturating_mul(axis.stride) as isize).saturating_sub(axis.before);
    if at <= 0 {
        0
    } else if at as usize > axis.input {
        axis.input
    } else {
        at as usize
    }
}

/// The inputs of a pooling's window.
#[inline(never)]
fn window(axis: &Axis, output: usize) -> core::ops::Range<usize> {
    let first = (output * axis.stride) as isize - axis.before;
    let end = (first + axis.taps as isize).min(axis.input as isize);
    first.max(0) as usize..end.max(0) as usize
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    /// For any windows: nothing is overwritten that is read later, and not much less would do.
    #[test]
    fn the_lead_suffices() {
        let mut state = 7_u32;
        let mut draw = |n: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % n
        };
        for _ in 0..4000 {
            let mut axis = || {
                let (input, taps, stride) = (1 + draw(9), 1 + draw(4), 1 + draw(3));
                let dilation = if stride == 1 { 1 + draw(3) } else { 1 };
                let reach = (taps - 1) * dilation + 1;
                let (before, output) = match draw(3) {
                    0 if reach <= input => (0, (input - reach) / stride + 1),
                    1 => (reach - 1, input.div_ceil(stride)),
                    _ => {
                        let output = input.div_ceil(stride);
                        (
                            ((output - 1) * stride + reach).saturating_sub(input) / 2,
                            output,
                        )
                    }
                };
                Axis {
                    input,
                    output,
                    taps,
                    stride,
                    dilation,
                    before: before as isize,
                }
            };
            let axes = [axis(), axis()];
            let (channels, filters) = (1 + draw(3), 1 + draw(4));
            let conv = Conv {
                axes,
                channels,
                filters,
                groups: 1,
            };
            let walk = Walk::Conv {
                conv,
                pools: Pools::Any,
                pooling: None,
            };
            for backwards in [false, true] {
                let lead = walk.lead(backwards);
                // Columns two at a time, all filters of them after all that they see.
                let [h, w] = axes;
                let mut places = std::vec::Vec::new();
                for i in 0..h.output {
                    for j in (0..w.output).step_by(2) {
                        places.push((i, j, w.output.min(j + 2)));
                    }
                }
                if backwards {
                    places.reverse();
                }
                let (input, output) = (conv.input_len(), conv.output_len());
                // Where in the arena; `written` are the values that the output has taken.
                let size = output.max(input + lead);
                let (x, y) = match backwards {
                    false => (size - input, 0),
                    true => (0, size - output),
                };
                let mut written = std::vec![false; size];
                for (i, j, end) in places {
                    for column in j..end {
                        for (r, c) in h
                            .taps_of(i)
                            .flat_map(|r| w.taps_of(column).map(move |c| (r, c)))
                        {
                            let r = (i * h.stride + r * h.dilation) as isize - h.before;
                            let c = (column * w.stride + c * w.dilation) as isize - w.before;
                            let at = x + (r as usize * w.input + c as usize) * channels;
                            assert!(
                                written[at..at + channels].iter().all(|w| !w),
                                "{walk:?} {backwards}"
                            );
                        }
                    }
                    let at = y + (i * w.output + j) * filters;
                    written[at..at + (end - j) * filters].fill(true);
                }
            }
        }
    }
}
