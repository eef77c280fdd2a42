//! What a window of a convolution sees, as a row of a product.

use crate::kernels::{self, copy_lines, rolled};
use crate::op::{Axis, Conv};

/// The taps of a window that are within the input: the first one, how many, and the element that the first one sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) first: usize,
    pub(crate) taps: usize,
    pub(crate) at: usize,
}

impl Seen {
    /// Those of the window of an output element.
    #[inline(always)]
    pub(crate) fn of(axis: &Axis, output: usize) -> Seen {
        let start = output * axis.stride;
        let dilation = axis.dilation.max(1);
        // The first tap at or behind the beginning, and the first one at or behind the end.
        let first = match axis.before.checked_sub(start) {
            Some(0) | None => 0,
            Some(before) => divided(before, dilation),
        };
        let at = start + first * dilation - axis.before;
        let left = match axis.input.checked_sub(at) {
            Some(left) => divided(left, dilation),
            None => 0,
        };
        let taps = axis.kernel.saturating_sub(first);
        Seen {
            first,
            taps: taps.min(left),
            at,
        }
    }
}

/// A quotient, rounded up; most are by 1, and a division is slow.
#[inline(always)]
fn divided(x: usize, by: usize) -> usize {
    match by {
        1 => x,
        _ => quotient(x, by),
    }
}

/// In one place.
#[cfg_attr(not(feature = "std"), inline(never))]
fn quotient(x: usize, by: usize) -> usize {
    x.div_ceil(by.max(1))
}

/// Fills a patch: what the window of an output pixel, whose rows and columns are given, sees of the image `x`,
/// `[row][column][channel]`, and the zero point where there is no image. What a patch has behind that stays as it is.
#[inline(always)]
pub(crate) fn fill(conv: &Conv, zero: i8, x: &[i8], h: Seen, w: Seen, patch: &mut [i8]) {
    let [high, wide] = &conv.axes;
    let channels = conv.channels;
    if h.taps < high.kernel || w.taps < wide.kernel {
        kernels::fill(patch, zero);
    }
    let line = wide.input * channels;
    let from = x.get(h.at * line + w.at * channels..).unwrap_or_default();
    let (step, to_step) = (high.dilation * line, wide.kernel * channels);
    let to = h.first * to_step + w.first * channels;
    let to = patch.get_mut(to..).unwrap_or_default();
    // Taps side by side are one run.
    let (runs, len) = match wide.dilation {
        1 => (1, w.taps * channels),
        _ => (w.taps, channels),
    };
    for run in 0..runs {
        rolled();
        let from = from.get(run * wide.dilation * len..).unwrap_or_default();
        let to = to.get_mut(run * len..).unwrap_or_default();
        copy_lines(from, step, to, to_step, len, h.taps);
    }
}
