//! The gradients of poolings, window by window, channel by channel, of some samples at a time.

use core::ops::Range;

use super::super::{Pooling, window};
use crate::kernels::fpu::rolled;

/// To which values of a window the gradient of its largest one goes.
const FIRST: u8 = 0;
/// The same in the memory of the input, which is lost.
const IN_PLACE: u8 = 1;
/// Shared by all largest values.
const SHARED: u8 = 2;
/// Of an average: all values get the same share.
const AVERAGE: u8 = 3;

/// The gradient goes to the first largest value of its window. Windows may overlap.
pub(crate) fn max_back(pooling: &Pooling, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    apart::<FIRST>(pooling, x, dy, dx);
}

/// The same where several largest values share it, as those of all of a sample do.
pub(crate) fn max_back_shared(pooling: &Pooling, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    apart::<SHARED>(pooling, x, dy, dx);
}

/// Every value of a window gets the same share of its gradient.
pub(crate) fn average_back(pooling: &Pooling, dy: &[f32], dx: &mut [f32]) {
    // (The input is not read.)
    apart::<AVERAGE>(pooling, &[], dy, dx);
}

/// The gradient goes to the first largest value of its window, in the memory of the input, which is lost; with `relu` only to
/// positive ones. Windows lie side by side.
pub(crate) fn max_back_in_place(pooling: &Pooling, image: &mut [f32], dy: &[f32], relu: bool) {
    let samples = samples(pooling, dy);
    let fits = image.len() == samples * pooling.input_len();
    debug_assert!(fits, "pooling: not samples");
    if fits {
        let pass = Pass {
            pooling,
            samples,
            relu,
            x: image.as_ptr(),
            dy: dy.as_ptr(),
            dx: image.as_mut_ptr(),
        };
        // SAFETY: the sizes were compared.
        unsafe { run::<IN_PLACE>(pass) };
    }
}

/// How many samples there are; none if some of their gradients are missing.
fn samples(pooling: &Pooling, dy: &[f32]) -> usize {
    dy.len() / pooling.output_len().max(1)
}

#[inline(always)]
fn apart<const KIND: u8>(pooling: &Pooling, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let samples = samples(pooling, dy);
    let len = samples * pooling.input_len();
    let fits = dx.len() == len && (KIND == AVERAGE || x.len() == len);
    debug_assert!(fits, "pooling: not samples");
    if !fits {
        return;
    }
    dx.fill(0.0);
    let pass = Pass {
        pooling,
        samples,
        relu: false,
        x: x.as_ptr(),
        dy: dy.as_ptr(),
        dx: dx.as_mut_ptr(),
    };
    // SAFETY: the sizes were compared.
    unsafe { run::<KIND>(pass) };
}

struct Pass<'a> {
    pooling: &'a Pooling,
    samples: usize,
    relu: bool,
    x: *const f32,
    dy: *const f32,
    dx: *mut f32,
}

/// # Safety
/// Inputs, outputs and gradients have the sizes of the samples, if they are read at all.
#[inline(never)]
unsafe fn run<const KIND: u8>(mut pass: Pass<'_>) {
    let (pooling, [h, w]) = (pass.pooling, &pass.pooling.axes);
    let channels = pooling.channels;
    for _ in 0..pass.samples {
        for i in 0..h.output {
            let rows = window(h, i);
            // What lies behind the last window has no gradient, either.
            let all_rows = rows.start..if i + 1 < h.output { rows.end } else { h.input };
            for j in 0..w.output {
                let columns = window(w, j);
                let end = if j + 1 < w.output {
                    columns.end
                } else {
                    w.input
                };
                let all_columns = columns.start..end;
                for c in 0..channels {
                    let place = |rows: &Range<usize>, columns: &Range<usize>| Places {
                        first: (rows.start * w.input + columns.start) * channels + c,
                        rows: rows.len(),
                        columns: columns.len(),
                        row: w.input * channels,
                        column: channels,
                    };
                    let seen = place(&rows, &columns);
                    // SAFETY: a value of the output, and windows are inside of the input.
                    unsafe {
                        let dy = *pass.dy.wrapping_add(c);
                        if KIND == AVERAGE {
                            let share = 1.0 / (seen.rows * seen.columns) as f32;
                            seen.each(|at| *pass.dx.wrapping_add(at) += dy * share);
                            continue;
                        }
                        let (at, top, count) = seen.largest(pass.x);
                        if KIND == SHARED {
                            let share = dy / count as f32;
                            seen.each(|at| {
                                if is_top(*pass.x.wrapping_add(at), top) {
                                    *pass.dx.wrapping_add(at) = share;
                                }
                            });
                            continue;
                        }
                        if KIND == IN_PLACE {
                            let all = place(&all_rows, &all_columns);
                            all.each(|at| *pass.dx.wrapping_add(at) = 0.0);
                            if pass.relu && (top.is_nan() || top <= 0.0) {
                                continue;
                            }
                        }
                        *pass.dx.wrapping_add(at) += dy;
                    }
                }
                pass.dy = pass.dy.wrapping_add(channels);
            }
        }
        pass.x = pass.x.wrapping_add(pooling.input_len());
        pass.dx = pass.dx.wrapping_add(pooling.input_len());
    }
}

/// Whether `x` is the largest value of its window: 0 is -0, and NaN is NaN.
#[inline(always)]
fn is_top(x: f32, top: f32) -> bool {
    x == top || (x.is_nan() && top.is_nan())
}

/// Where the values of a channel in a window are.
struct Places {
    first: usize,
    rows: usize,
    columns: usize,
    row: usize,
    column: usize,
}

impl Places {
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(usize)) {
        let mut line = self.first;
        for _ in 0..self.rows {
            let mut at = line;
            for _ in 0..self.columns {
                rolled();
                f(at);
                at += self.column;
            }
            line += self.row;
        }
    }

    /// The place of the first largest value, that value, and how many there are.
    ///
    /// # Safety
    /// There are values in all places.
    #[inline(always)]
    unsafe fn largest(&self, x: *const f32) -> (usize, f32, usize) {
        let (mut found, mut top, mut count) = (self.first, f32::NEG_INFINITY, 0);
        self.each(|at| {
            // SAFETY: promised by the caller.
            let x = unsafe { *x.wrapping_add(at) };
            if is_top(x, top) {
                count += 1;
            } else if x > top || x.is_nan() {
                (found, top, count) = (at, x, 1);
            }
        });
        (found, top, count)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
