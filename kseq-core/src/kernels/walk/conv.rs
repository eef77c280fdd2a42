//! A convolution output by output, two at a time where the kernel is inside of the input; what a pooling behind it makes of
//! them is written, if there is one.
//!
//! Nothing is copied: the taps that an output sees are lines in the input, which the tiles of `fpu` read where they are. One small
//! function for all shapes.

#![allow(unsafe_code)]

mod back;

pub(crate) use back::{input_gradient, kernel_gradient};

use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr::null;

use super::{Memory, Pooling, window};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::fpu::{
    NR, Tile, ZEROS, columns, finish, larger, larger_of_three, rolled, rows, scale, sum,
};

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
    let kernel = conv.kernel_len();
    let mut fits =
        memory.x_len == conv.input_len() && (p.len() == kernel || p.len() == kernel + conv.filters);
    fits &= match pooling {
        Some(pooling) => {
            let follows = pooling.channels == conv.filters && conv.in_lines();
            follows && memory.y_len == pooling.output_len()
        }
        None => memory.y_len == conv.output_len(),
    };
    debug_assert!(fits, "conv: not a sample and a kernel");
    if !fits {
        return;
    }
    let [h, w] = &conv.axes;
    // Without a pooling outputs go by two, which is as if there were one.
    let pairs = [by(h, 1), by(w, 2)];
    let work = Work {
        conv,
        windows: pooling.map_or(&pairs, |pooling| &pooling.axes),
        row: pooling.map_or(w.output, |pooling| pooling.axes[1].output) * conv.filters,
        window: conv.filters * if pooling.is_some() { 1 } else { 2 },
        pools: pooling.is_some(),
        backwards,
        relu,
        kernel: p.as_ptr(),
        bias: match p.len() == kernel {
            true => null(),
            false => p.as_ptr().wrapping_add(kernel),
        },
        x: memory.x,
        y: memory.y,
    };
    // What the arguments ask for: they are constants, of which a program has one case or two.
    let average = pooling.is_some_and(|pooling| pooling.average);
    // SAFETY: the sizes were compared.
    unsafe {
        match (average, conv.in_lines()) {
            (false, true) => run::<false, true>(&work),
            (false, false) => run::<false, false>(&work),
            // (A pooling asks for taps in lines.)
            (true, _) => run::<true, true>(&work),
        }
    }
}

/// So many outputs at a time.
#[inline(always)]
fn by(axis: &Axis, taps: usize) -> Axis {
    Axis {
        input: axis.output,
        output: axis.output.div_ceil(taps),
        taps,
        stride: taps,
        dilation: 1,
        before: 0,
    }
}

/// What is to be done. (By a pointer to the stack: for constant arguments the compiler would make copies of the function.)
struct Work<'a> {
    conv: &'a Conv,
    /// Which outputs belong together.
    windows: &'a [Axis; 2],
    /// From one row of what is written to the next, and from what is written for one of these windows to the next.
    row: usize,
    window: usize,
    /// Whether a pooling follows.
    pools: bool,
    backwards: bool,
    relu: bool,
    kernel: *const f32,
    /// Or null.
    bias: *const f32,
    x: *const f32,
    y: *mut f32,
}

/// What an output sees of an axis: by which taps, whether those are all, and where the first of them is.
struct Seen {
    taps: Range<usize>,
    whole: bool,
    at: usize,
}

#[inline(always)]
fn seen(axis: &Axis, output: usize) -> Seen {
    let first = (output * axis.stride) as isize - axis.before;
    if first >= 0 && first as usize + span(axis) < axis.input {
        return Seen {
            taps: 0..axis.taps,
            whole: true,
            at: first as usize,
        };
    }
    partly(axis, output)
}

#[cold]
#[inline(never)]
fn partly(axis: &Axis, output: usize) -> Seen {
    let first = (output * axis.stride) as isize - axis.before;
    let taps = axis.taps_of(output);
    let at = first + (taps.start * axis.dilation) as isize;
    Seen {
        whole: taps.len() == axis.taps,
        at: at as usize,
        taps,
    }
}

/// From the first tap to the last one.
#[inline(always)]
fn span(axis: &Axis) -> usize {
    (axis.taps - 1) * axis.dilation
}

/// Of a pooling behind it that is an `AVERAGE`, or of a convolution whose taps are not [`IN_LINES`](Conv::in_lines), there are only
/// functions in a program that has one.
///
/// # Safety
/// Weights, input and output have the sizes of the convolution (and of the pooling behind it).
#[inline(never)]
unsafe fn run<const AVERAGE: bool, const IN_LINES: bool>(work: &Work<'_>) {
    let [rows, columns] = work.windows;
    let mut outputs = Outputs::<AVERAGE, IN_LINES>::new(work);
    // (Without a branch, for which the compiler would make two loops.)
    let back = usize::from(work.backwards);
    let turn = |i: usize, n: usize| i.wrapping_add(back * (n - 1).wrapping_sub(2 * i));
    for i in 0..rows.output {
        let i = turn(i, rows.output);
        outputs.rows = window(rows, i);
        for j in 0..columns.output {
            let j = turn(j, columns.output);
            let columns = window(columns, j);
            outputs.y = work.y.wrapping_add(i * work.row + j * work.window);
            outputs.begins = true;
            // SAFETY: a window of the output.
            unsafe { outputs.window(columns) };
        }
    }
}

/// Outputs that are summed together, and what they have in common with others.
struct Outputs<'a, const AVERAGE: bool, const IN_LINES: bool> {
    work: &'a Work<'a>,
    /// Channels and filters of a group.
    depth: usize,
    width: usize,
    /// The sums of the taps that are seen, and whether those are all of them.
    tile: Tile,
    whole: bool,
    kernel: *const f32,
    /// From one group to the next.
    step: usize,
    /// What is added to the sums, or null.
    bias: *const f32,
    /// Whether they go on.
    adds: bool,
    /// Which rows of outputs, and where the values go.
    rows: Range<usize>,
    y: *mut f32,
    /// Whether they are the first ones of a pooling's window.
    begins: bool,
    /// Those of two outputs, for a pooling.
    values: MaybeUninit<[f32; 2 * NR]>,
}

impl<'a, const AVERAGE: bool, const IN_LINES: bool> Outputs<'a, AVERAGE, IN_LINES> {
    #[inline(always)]
    fn new(work: &'a Work<'a>) -> Self {
        let conv = work.conv;
        // What a pooling takes the largest of is finished with it.
        let finishes = work.pools == AVERAGE;
        Outputs {
            work,
            depth: conv.depth(),
            width: conv.width(),
            tile: Tile {
                a: work.x,
                b: work.kernel,
                c: work.y,
                start: ZEROS.as_ptr(),
                row_a: BYTES,
                row_c: if work.pools { NR } else { conv.filters } * BYTES,
                row_start: 0,
                term_a: BYTES,
                term_b: conv.filters * BYTES,
                column_b: BYTES,
                line_a: 0,
                line_b: 0,
                terms: 1,
                lines: 1,
                bias: null(),
                relu: usize::from(finishes && work.relu),
            },
            whole: false,
            kernel: work.kernel,
            step: 0,
            bias: if finishes { work.bias } else { null() },
            adds: false,
            rows: 0..0,
            y: work.y,
            begins: true,
            values: MaybeUninit::uninit(),
        }
    }

    /// The outputs of a window, and what the pooling makes of them.
    ///
    /// # Safety
    /// It is inside of the output.
    #[inline(never)]
    unsafe fn window(&mut self, columns: Range<usize>) {
        let (work, [h, w]) = (self.work, &self.work.conv.axes);
        // The last place of a first tap from where an output sees all taps, and the one beside it does.
        let second = w.input as isize - (w.stride + span(w)) as isize;
        for row in self.rows.clone() {
            rolled();
            let seen_rows = seen(h, row);
            let mut column = columns.start;
            while column < columns.end {
                let seen_columns = seen(w, column);
                let two = seen_columns.whole
                    && column + 1 < columns.end
                    && (seen_columns.at as isize) < second;
                if !(self.whole && seen_columns.whole && seen_rows.whole) {
                    self.aim(&seen_rows.taps, &seen_columns.taps);
                }
                // SAFETY: what is seen is inside of the input, and there is as much of the output.
                unsafe {
                    if IN_LINES {
                        self.sums(seen_rows.at, seen_columns.at, two);
                    } else {
                        self.row_by_row(&seen_rows, &seen_columns, two);
                    }
                }
                self.begins = false;
                column += 1 + usize::from(two);
            }
        }
        let (y, filters) = (self.y, work.conv.filters);
        // SAFETY: the values of an output.
        unsafe {
            if AVERAGE {
                let share = 1.0 / (self.rows.len() * columns.len()) as f32;
                scale(y, filters, share);
            } else if work.pools {
                finish(y, filters, work.bias, work.relu);
            }
        }
    }

    /// From now on the sums are those of the taps that are seen.
    #[inline(never)]
    fn aim(&mut self, rows: &Range<usize>, columns: &Range<usize>) {
        let (conv, [h, w]) = (self.work.conv, &self.work.conv.axes);
        let (depth, filters, t) = (self.depth, conv.filters, &mut self.tile);
        let (x_row, x_column) = (w.input * conv.channels, w.dilation * conv.channels);
        let tap = depth * filters;
        self.whole = rows.len() == h.taps && columns.len() == w.taps;
        t.row_a = w.stride * conv.channels * BYTES;
        t.term_a = BYTES;
        (self.kernel, self.step) = (self.work.kernel, depth);
        if rows.is_empty() || columns.is_empty() {
            // Padding alone: one zero times whatever.
            (t.terms, t.lines, t.row_a, self.step) = (1, 1, 0, 0);
            return;
        }
        let first = rows.start * w.taps + columns.start;
        self.kernel = self.kernel.wrapping_add(first * tap);
        let [mut line_a, mut line_b] = [h.dilation * x_row, w.taps * tap];
        (t.terms, t.lines) = (columns.len() * depth, rows.len());
        if depth == 1 {
            t.term_a = x_column * BYTES;
        } else if w.dilation > 1 || conv.groups > 1 {
            // Each tap is a line, of one row.
            (t.terms, t.lines) = (depth, columns.len());
            [line_a, line_b] = [x_column, tap];
        }
        t.line_a = (line_a * BYTES).wrapping_sub(t.terms * t.term_a);
        t.line_b = (line_b - t.terms * filters) * BYTES;
    }

    /// The sums of one output or two, row by row of the taps, without a pooling.
    ///
    /// # Safety
    /// What they see is inside of the input, and both of two see all taps of a row.
    #[cold]
    #[inline(never)]
    unsafe fn row_by_row(&mut self, rows: &Seen, columns: &Seen, two: bool) {
        let (y, bias, relu) = (self.y, self.bias, self.tile.relu);
        let mut at = rows.at;
        let mut tap = rows.taps.start;
        loop {
            let next = tap + 1;
            let last = next >= rows.taps.end;
            (self.bias, self.tile.relu) = if last { (bias, relu) } else { (null(), 0) };
            self.aim(&(tap..rows.taps.end.min(next)), &columns.taps);
            self.y = y;
            // SAFETY: promised by the caller.
            unsafe { self.sums(at, columns.at, two) };
            if last {
                break;
            }
            (self.adds, tap, at) = (true, next, at + self.work.conv.axes[0].dilation);
        }
        (self.adds, self.whole) = (false, false);
        (self.tile.start, self.tile.row_start) = (ZEROS.as_ptr(), 0);
    }

    /// The sums of what is seen of one output or two.
    ///
    /// # Safety
    /// It is inside of the input, and both of two see all taps of a row.
    #[inline(never)]
    unsafe fn sums(&mut self, row: usize, column: usize, two: bool) {
        let (work, conv) = (self.work, self.work.conv);
        let mut a = ZEROS.as_ptr();
        if self.step > 0 {
            let pixel = row * conv.axes[1].input + column;
            a = work.x.wrapping_add(pixel * conv.channels);
        }
        let values: *mut f32 = self.values.as_mut_ptr().cast();
        let t = &mut self.tile;
        t.bias = null();
        let (mut y, mut b, mut bias) = (self.y, self.kernel, self.bias);
        for _ in 0..conv.groups {
            let mut left = self.width;
            while left > 0 {
                (t.a, t.b, t.c) = (a, b, y);
                if work.pools {
                    t.c = values;
                } else if self.adds {
                    (t.start, t.row_start) = (y, t.row_c);
                }
                if !bias.is_null() {
                    t.bias = bias;
                }
                // SAFETY: the caller promises that what is seen is there; the columns of the kernel lie side by side. The
                // tile writes its values, and the output has as many.
                let some = unsafe {
                    let some = tile(t, left, two);
                    if work.pools {
                        fold(y, values, some, AVERAGE, self.begins, two);
                    }
                    some
                };
                (y, b) = (y.wrapping_add(some), b.wrapping_add(some));
                if !bias.is_null() {
                    bias = bias.wrapping_add(some);
                }
                left -= some;
            }
            a = a.wrapping_add(self.step);
        }
        if !work.pools {
            // (Behind the second of two.)
            self.y = y.wrapping_add(if two { conv.filters } else { 0 });
        }
    }
}

/// Gives the pooling the values of one output or two, which may be the first ones.
///
/// # Safety
/// There are `n` of each, at most 8, and as many of the output.
#[inline(always)]
unsafe fn fold(y: *mut f32, values: *const f32, n: usize, average: bool, begins: bool, two: bool) {
    let second = values.wrapping_add(NR);
    // SAFETY: promised by the caller.
    unsafe {
        if average {
            let before = if begins { ZEROS.as_ptr() } else { y };
            sum(
                y,
                before,
                values,
                if two { second } else { ZEROS.as_ptr() },
                n,
            );
        } else if two && !begins {
            larger_of_three(y, y, values, second, n);
        } else {
            // Of a single one the larger one of twice the same.
            let other = match (begins, two) {
                (false, _) => y,
                (true, true) => second,
                (true, false) => values,
            };
            larger(y, other, values, n);
        }
    }
}

/// One row or two of as many columns as go together: 8, 4 or 1 of what is left.
///
/// # Safety
/// As for the tiles of `fpu`.
#[inline(always)]
unsafe fn tile(t: &mut Tile, left: usize, two: bool) -> usize {
    // SAFETY: promised by the caller.
    unsafe {
        if left < NR {
            return narrow(t, left, two);
        }
        if two {
            rows::<2>(t);
        } else {
            rows::<1>(t);
        }
    }
    NR
}

/// Fewer than 8 columns.
///
/// # Safety
/// As for the tiles of `fpu`.
#[inline(never)]
unsafe fn narrow(t: &mut Tile, left: usize, two: bool) -> usize {
    let mut some = 1 + usize::from(two);
    loop {
        // SAFETY: promised by the caller.
        unsafe {
            if left < 4 {
                columns::<1>(t);
            } else {
                columns::<4>(t);
            }
        }
        some -= 1;
        if some == 0 {
            return if left < 4 { 1 } else { 4 };
        }
        t.a = t.a.wrapping_byte_add(t.row_a);
        t.c = t.c.wrapping_byte_add(t.row_c);
        t.start = t.start.wrapping_byte_add(t.row_start);
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
