//! A convolution output by output, two at a time where the kernel is inside of the input; what a pooling behind it makes of
//! them is written, if there is one.
//!
//! Nothing is copied: the taps that an output sees are lines in the input, which the tiles of `fpu` read where they are. One small
//! function for all shapes.

#![allow(unsafe_code)]

use core::ops::Range;
use core::ptr::null;

use super::{Memory, Pooling};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::fpu::{NR, Tile, ZEROS, columns, finish, rows};
use crate::math::larger;

const BYTES: usize = size_of::<f32>();

/// One sample: kernel and bias are `p`. From the last output on, if that is said.
#[inline(always)]
pub(crate) fn convolve(
    conv: &Conv,
    pooling: Option<&Pooling>,
    p: &[f32],
    relu: bool,
    memory: &Memory<'_>,
    backwards: bool,
) {
    let output = match pooling {
        Some(pooling) => pooling.output_len(),
        None => conv.output_len(),
    };
    let kernel = conv.kernel_len();
    let fits = memory.x_len == conv.input_len()
        && memory.y_len == output
        && (p.len() == kernel || p.len() == kernel + conv.filters)
        && pooling.is_none_or(|pooling| pooling.channels == conv.filters);
    debug_assert!(fits, "conv: not a sample and a kernel");
    if !fits {
        return;
    }
    let bias = match p.len() == kernel {
        true => null(),
        false => p.as_ptr().wrapping_add(kernel),
    };
    let kernel = p.as_ptr();
    // SAFETY: the sizes were compared.
    unsafe {
        run(
            conv,
            pooling,
            &Weights { kernel, bias, relu },
            memory,
            backwards,
        )
    }
}

struct Weights {
    kernel: *const f32,
    /// Or null.
    bias: *const f32,
    relu: bool,
}

/// What an output sees of an axis: by which taps, and where the first of them is.
struct Seen {
    taps: Range<usize>,
    at: usize,
    whole: bool,
}

#[inline(always)]
fn seen(axis: &Axis, output: usize) -> Seen {
    let first = (output * axis.stride) as isize - axis.before;
    let last = first + ((axis.taps - 1) * axis.dilation) as isize;
    if first >= 0 && last < axis.input as isize {
        return Seen {
            taps: 0..axis.taps,
            at: first as usize,
            whole: true,
        };
    }
    let taps = axis.taps_of(output);
    Seen {
        at: (first + (taps.start * axis.dilation) as isize) as usize,
        taps,
        whole: false,
    }
}

/// # Safety
/// Weights, input and output have the sizes of the convolution (and of the pooling behind it).
#[inline(never)]
unsafe fn run(
    conv: &Conv,
    pooling: Option<&Pooling>,
    weights: &Weights,
    memory: &Memory<'_>,
    backwards: bool,
) {
    let ([h, w], filters) = (&conv.axes, conv.filters);
    let turn = |i: usize, n: usize| if backwards { n - 1 - i } else { i };
    // Without a pooling outputs go by two.
    let [height, width] = match pooling {
        Some(pooling) => [pooling.axes[0].output, pooling.axes[1].output],
        None => [h.output, w.output.div_ceil(2)],
    };
    let mut work = Work::new(conv, pooling, weights);
    for i in 0..height {
        let i = turn(i, height);
        for j in 0..width {
            let j = turn(j, width);
            let (rows, columns) = match pooling {
                Some(pooling) => (pooling.axes[0].window(i), pooling.axes[1].window(j)),
                None => (i..i + 1, 2 * j..w.output.min(2 * j + 2)),
            };
            let at = match pooling {
                Some(_) => i * width + j,
                None => i * w.output + 2 * j,
            };
            let y = memory.y.wrapping_add(at * filters);
            work.y = y;
            work.begins = true;
            for row in rows.clone() {
                let seen_rows = seen(h, row);
                let mut column = columns.start;
                while column < columns.end {
                    let seen_columns = seen(w, column);
                    let two =
                        column + 1 < columns.end && seen_columns.whole && seen(w, column + 1).whole;
                    // SAFETY: what is seen is inside of the input.
                    unsafe { work.outputs(memory.x, &seen_rows, &seen_columns, two) };
                    work.begins = false;
                    let some = 1 + usize::from(two);
                    if pooling.is_none() {
                        work.y = work.y.wrapping_add(some * filters);
                    }
                    column += some;
                }
            }
            if let Some(pooling) = pooling {
                // SAFETY: the values of a window, as many as there are filters.
                unsafe {
                    if pooling.average {
                        let count = (rows.len() * columns.len()) as f32;
                        (0..filters).for_each(|f| *y.add(f) /= count);
                    } else {
                        finish(&work.last, y, filters);
                    }
                }
            }
        }
    }
}

/// What the outputs have in common.
struct Work<'a> {
    conv: &'a Conv,
    weights: &'a Weights,
    /// Bias and relu, for where they are not the tile's.
    last: Tile,
    pools: bool,
    average: bool,
    /// Where the values go.
    y: *mut f32,
    /// Whether they are the first of a window.
    begins: bool,
}

impl<'a> Work<'a> {
    #[inline(always)]
    fn new(conv: &'a Conv, pooling: Option<&Pooling>, weights: &'a Weights) -> Self {
        let last = Tile {
            a: null(),
            b: null(),
            c: core::ptr::null_mut(),
            start: null(),
            row_a: conv.axes[1].stride * conv.channels * BYTES,
            row_c: conv.filters * BYTES,
            row_start: 0,
            term_a: BYTES,
            term_b: conv.filters * BYTES,
            column_b: BYTES,
            line_a: 0,
            line_b: 0,
            terms: 1,
            lines: 1,
            bias: weights.bias,
            relu: usize::from(weights.relu),
        };
        Work {
            conv,
            weights,
            last,
            pools: pooling.is_some(),
            average: pooling.is_some_and(|pooling| pooling.average),
            y: core::ptr::null_mut(),
            begins: true,
        }
    }

    /// One output or two, all filters.
    ///
    /// # Safety
    /// What they see is inside of the input `x`, and both of two see all taps of a row.
    #[inline(always)]
    unsafe fn outputs(&mut self, x: *const f32, rows: &Seen, columns: &Seen, two: bool) {
        let (conv, [h, w]) = (self.conv, &self.conv.axes);
        let (depth, filters) = (conv.depth(), conv.filters);
        let x_row = w.input * conv.channels;
        let kernel_row = w.taps * depth * filters;
        let x = x.wrapping_add(rows.at * x_row + columns.at * conv.channels);
        let taps = rows.taps.start * kernel_row + columns.taps.start * depth * filters;
        let mut t = self.last;
        // The taps of a row lie side by side, in the kernel too: a line. Else each tap is one, and rows are added up.
        let mut times = 1;
        let [mut next_a, mut next_b] = [0; 2];
        if w.dilation == 1 && conv.groups == 1 {
            t.terms = columns.taps.len() * depth;
            t.lines = rows.taps.len();
            t.line_a = (h.dilation * x_row).wrapping_sub(t.terms) * BYTES;
            t.line_b = (kernel_row - t.terms * filters) * BYTES;
        } else {
            (t.terms, t.lines, times) = (depth, columns.taps.len(), rows.taps.len());
            t.line_a = (w.dilation * conv.channels).wrapping_sub(depth) * BYTES;
            [next_a, next_b] = [h.dilation * x_row, kernel_row];
        }
        let nothing = t.terms * t.lines * times == 0;
        if nothing {
            (t.terms, t.lines, times) = (1, 1, 1);
            (t.row_a, t.line_a, t.line_b) = (0, 0, 0);
        }
        let mut values = [0.0; 2 * NR];
        for group in 0..conv.groups {
            let (x, mut f) = (x.wrapping_add(group * depth), group * conv.width());
            let end = f + conv.width();
            while f < end {
                let width = match end - f {
                    NR.. => NR,
                    4.. => 4,
                    _ => 1,
                };
                (t.a, t.b) = (x, self.weights.kernel.wrapping_add(taps + f));
                if nothing {
                    (t.a, t.b) = (ZEROS.as_ptr(), ZEROS.as_ptr());
                }
                (t.c, t.start, t.row_start) = (self.y.wrapping_add(f), ZEROS.as_ptr(), 0);
                if self.pools {
                    (t.c, t.row_c) = (values.as_mut_ptr(), NR * BYTES);
                }
                let mut left = times;
                loop {
                    let ends = left == 1 && (!self.pools || self.average);
                    t.bias = match ends && !self.weights.bias.is_null() {
                        true => self.weights.bias.wrapping_add(f),
                        false => null(),
                    };
                    t.relu = usize::from(ends && self.weights.relu);
                    // SAFETY: the caller promises that what is seen is there; the columns of the kernel lie side by side.
                    unsafe { tile(&mut t, width, two) };
                    left -= 1;
                    if left == 0 {
                        break;
                    }
                    (t.start, t.row_start) = (t.c, t.row_c);
                    t.a = t.a.wrapping_add(next_a);
                    t.b = t.b.wrapping_add(next_b);
                }
                if self.pools {
                    // SAFETY: as many values of the output.
                    unsafe { self.fold(f, &values, width, two) };
                }
                f += width;
            }
        }
    }

    /// Gives the pooling its values.
    ///
    /// # Safety
    /// There are `width` filters from `f` on, at most 8.
    #[inline(always)]
    unsafe fn fold(&self, f: usize, values: &[f32; 2 * NR], width: usize, two: bool) {
        let y = self.y.wrapping_add(f);
        for i in 0..width {
            // SAFETY: promised by the caller.
            unsafe {
                let y = y.add(i);
                let value = *values.get_unchecked(i);
                let mut value = match self.begins {
                    true => value,
                    false => self.folded(*y, value),
                };
                if two {
                    value = self.folded(value, *values.get_unchecked(NR + i));
                }
                *y = value;
            }
        }
    }

    #[inline(always)]
    fn folded(&self, top: f32, value: f32) -> f32 {
        match self.average {
            true => top + value,
            false => larger(top, value),
        }
    }
}

/// One row or two of some columns: 8, 4 or 1.
///
/// # Safety
/// As for the tiles of `fpu`.
#[inline(always)]
unsafe fn tile(t: &mut Tile, width: usize, two: bool) {
    // SAFETY: promised by the caller.
    unsafe {
        match (width, two) {
            (NR, true) => rows::<2>(t),
            (NR, false) => rows::<1>(t),
            _ => {
                let mut one = *t;
                for _ in 0..=usize::from(two) {
                    match width {
                        4 => columns::<4>(&one),
                        _ => columns::<1>(&one),
                    }
                    one.a = one.a.wrapping_byte_add(one.row_a);
                    one.c = one.c.wrapping_byte_add(one.row_c);
                    one.start = one.start.wrapping_byte_add(one.row_start);
                }
            }
        }
    }
}
