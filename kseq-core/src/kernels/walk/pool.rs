//! A pooling by itself: channel by channel of window by window, so that the output may lie in the place of the input.

#![allow(unsafe_code)]

use super::{Memory, Pooling, window};
use crate::math::larger;

/// The largest value or the average of every window of a sample; from the last one on, if that is said.
#[inline(always)]
pub(crate) fn pool(pooling: &Pooling, memory: &Memory<'_>, backwards: bool) {
    let fits = memory.x_len == pooling.input_len() && memory.y_len == pooling.output_len();
    debug_assert!(fits, "pooling: not a sample");
    if fits {
        // SAFETY: the sizes were compared, and windows are cut to the input.
        unsafe { run(pooling, memory, backwards) }
    }
}

/// # Safety
/// Input and output have the sizes of a sample.
#[inline(never)]
unsafe fn run(pooling: &Pooling, memory: &Memory<'_>, backwards: bool) {
    let ([h, w], channels) = (&pooling.axes, pooling.channels);
    let turn = |i: usize, n: usize| if backwards { n - 1 - i } else { i };
    for i in 0..h.output {
        let i = turn(i, h.output);
        let rows = window(h, i);
        for j in 0..w.output {
            let j = turn(j, w.output);
            let columns = window(w, j);
            for c in 0..channels {
                let c = turn(c, channels);
                let begin = if pooling.average {
                    0.0
                } else {
                    f32::NEG_INFINITY
                };
                // What rounding has taken from a sum, which may be of all of a long sequence.
                let (mut value, mut lost) = (begin, 0.0);
                for row in rows.clone() {
                    for column in columns.clone() {
                        let at = (row * w.input + column) * channels + c;
                        // SAFETY: windows are inside of the input.
                        let x = unsafe { *memory.x.add(at) };
                        if pooling.average {
                            let (before, x) = (value, x - lost);
                            value += x;
                            // (Of an infinite sum nothing.)
                            lost = value - before - x;
                            lost = if lost.is_nan() { 0.0 } else { lost };
                        } else {
                            value = larger(value, x);
                        }
                    }
                }
                if pooling.average {
                    value /= (rows.len() * columns.len()) as f32;
                }
                // SAFETY: an element of the output.
                unsafe { *memory.y.add((i * w.output + j) * channels + c) = value };
            }
        }
    }
}
