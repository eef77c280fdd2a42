//! A pooling by itself: channel by channel of window by window, so that the output may lie in the place of the input.

#![allow(unsafe_code)]

mod back;

pub(crate) use back::{average_back, max_back, max_back_in_place, max_back_shared};

use super::{Memory, Pooling, window};
use crate::kernels::fpu::rolled;
use crate::math::larger;

/// The largest value or the average of every window of a sample; from the last one on, if that is said.
#[inline(always)]
pub(crate) fn pool(pooling: &Pooling, memory: &Memory<'_>, backwards: bool) {
    let fits = memory.x_len == pooling.input_len() && memory.y_len == pooling.output_len();
    debug_assert!(fits && pooling.sees(), "pooling: not a sample");
    if !fits {
        return;
    }
    // SAFETY: the sizes were compared, and windows are cut to the input.
    unsafe {
        match pooling.average {
            true => run::<true>(pooling, memory, backwards),
            false => run::<false>(pooling, memory, backwards),
        }
    }
}

/// # Safety
/// Input and output have the sizes of a sample.
#[inline(never)]
unsafe fn run<const AVERAGE: bool>(pooling: &Pooling, memory: &Memory<'_>, backwards: bool) {
    let ([h, w], channels) = (&pooling.axes, pooling.channels);
    let turn = |i: usize, n: usize| if backwards { n - 1 - i } else { i };
    for i in 0..h.output {
        let i = turn(i, h.output);
        let rows = window(h, i);
        for j in 0..w.output {
            let j = turn(j, w.output);
            let columns = window(w, j);
            let first = (rows.start * w.input + columns.start) * channels;
            let y = memory.y.wrapping_add((i * w.output + j) * channels);
            for c in 0..channels {
                let c = turn(c, channels);
                let begin = if AVERAGE { 0.0 } else { f32::NEG_INFINITY };
                // What rounding has taken from a sum, which may be of all of a long sequence.
                let (mut value, mut lost) = (begin, 0.0);
                let mut line = memory.x.wrapping_add(first + c);
                for _ in rows.clone() {
                    let mut at = line;
                    for _ in columns.clone() {
                        rolled();
                        // SAFETY: windows are inside of the input.
                        let x = unsafe { *at };
                        at = at.wrapping_add(channels);
                        if AVERAGE {
                            let (before, x) = (value, x - lost);
                            value += x;
                            // (Of an infinite sum nothing.)
                            lost = value - before - x;
                            lost = if lost.is_nan() { 0.0 } else { lost };
                        } else {
                            value = larger(value, x);
                        }
                    }
                    line = line.wrapping_add(w.input * channels);
                }
                if AVERAGE {
                    value /= (rows.len() * columns.len()) as f32;
                }
                // SAFETY: an element of the output.
                unsafe { *y.wrapping_add(c) = value };
            }
        }
    }
}
