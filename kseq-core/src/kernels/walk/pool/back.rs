//! The gradients of poolings, window by window, channel by channel, of some samples at a time.

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
    debug_assert!(fits && pooling.sees(), "pooling: not samples");
    if fits {
        let image = image.as_mut_ptr();
        let pass = Pass {
            pooling,
            samples,
            relu,
            x: image,
            dy: dy.as_ptr(),
            dx: image,
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
    debug_assert!(fits && pooling.sees(), "pooling: not samples");
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
            rolled();
            let rows = window(h, i);
            for j in 0..w.output {
                rolled();
                let columns = window(w, j);
                let mut seen = Places {
                    first: (rows.start * w.input + columns.start) * channels,
                    rows: rows.len(),
                    columns: columns.len(),
                    row: w.input * channels,
                    column: channels,
                };
                // What lies behind the last window has no gradient, either.
                let mut all = Places { ..seen };
                if KIND == IN_PLACE {
                    all.rows = if i + 1 < h.output {
                        all.rows
                    } else {
                        h.input - rows.start
                    };
                    all.columns = if j + 1 < w.output {
                        all.columns
                    } else {
                        w.input - columns.start
                    };
                }
                for c in 0..channels {
                    rolled();
                    // SAFETY: a value of the output, and windows are inside of the input.
                    unsafe {
                        let dy = *pass.dy.wrapping_add(c);
                        match KIND {
                            AVERAGE => {
                                seen.add(pass.dx, dy * (1.0 / (seen.rows * seen.columns) as f32))
                            }
                            SHARED => {
                                let found = seen.largest(pass.x);
                                seen.share(&pass, found.value, dy / found.count as f32);
                            }
                            _ => {
                                let found = seen.largest(pass.x);
                                if KIND == IN_PLACE {
                                    all.clear(pass.dx);
                                }
                                if !pass.relu || found.value > 0.0 {
                                    *pass.dx.wrapping_add(found.at) += dy;
                                }
                            }
                        }
                    }
                    (seen.first, all.first) = (seen.first + 1, all.first + 1);
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

/// The first largest value, where it is, and how many there are.
struct Largest {
    at: usize,
    value: f32,
    count: usize,
}

impl Places {
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(usize)) {
        let mut line = self.first;
        for _ in 0..self.rows {
            rolled();
            let mut at = line;
            for _ in 0..self.columns {
                rolled();
                f(at);
                at += self.column;
            }
            line += self.row;
        }
    }

    /// # Safety
    /// There are values in all places.
    #[inline(never)]
    unsafe fn largest(&self, x: *const f32) -> Largest {
        let mut found = Largest {
            at: self.first,
            value: f32::NEG_INFINITY,
            count: 0,
        };
        self.each(|at| {
            // SAFETY: promised by the caller.
            let value = unsafe { *x.wrapping_add(at) };
            if is_top(value, found.value) {
                found.count += 1;
            } else if value > found.value || value.is_nan() {
                let count = 1;
                found = Largest { at, value, count };
            }
        });
        found
    }

    /// # Safety
    /// There are values in all places.
    #[inline(never)]
    unsafe fn clear(&self, y: *mut f32) {
        // SAFETY: promised by the caller.
        self.each(|at| unsafe { *y.wrapping_add(at) = 0.0 });
    }

    /// # Safety
    /// There are values in all places.
    #[inline(always)]
    unsafe fn add(&self, y: *mut f32, value: f32) {
        // SAFETY: promised by the caller.
        self.each(|at| unsafe { *y.wrapping_add(at) += value });
    }

    /// Writes the share of all that are the largest value.
    ///
    /// # Safety
    /// There are values in all places.
    #[inline(always)]
    unsafe fn share(&self, pass: &Pass<'_>, top: f32, share: f32) {
        self.each(|at| {
            // SAFETY: promised by the caller.
            unsafe {
                if is_top(*pass.x.wrapping_add(at), top) {
                    *pass.dx.wrapping_add(at) = share;
                }
            }
        });
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
