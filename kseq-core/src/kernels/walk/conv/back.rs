//! The gradients of a convolution. That of its input is a convolution, too, of the output's gradient, by the taps in reverse order:
//! one for each remainder that an input can have by the strides. That of the kernel is a sum for each tap, over the
//! rectangle of outputs that see an input by it. Nothing is copied but the kernel, whose memory is that of its gradient.

use core::ops::Range;
use core::ptr::null;

use super::{BYTES, Work, by, run, tile};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::fpu::{Tile, rolled};

/// The input of a bias.
static ONE: f32 = 1.0;

/// The gradient of the input of some samples, from that of their output. `memory`, as large as the kernel, means nothing
/// afterwards.
#[inline(always)]
pub(crate) fn input_gradient(
    conv: &Conv,
    kernel: &[f32],
    dz: &[f32],
    dx: &mut [f32],
    memory: &mut [f32],
) {
    let samples = dz.len() / conv.output_len().max(1);
    let fits = dz.len() == samples * conv.output_len()
        && dx.len() == samples * conv.input_len()
        && kernel.len() == conv.kernel_len()
        && memory.len() == kernel.len();
    debug_assert!(fits, "conv: not samples and a kernel");
    if !fits {
        return;
    }
    let [h, w] = &conv.axes;
    if h.stride > 1 || w.stride > 1 {
        // There may be inputs that nobody sees.
        dx.fill(0.0);
    }
    let pass = Pass {
        conv,
        samples,
        kernel: kernel.as_ptr(),
        dz: dz.as_ptr(),
        dx: dx.as_mut_ptr(),
        memory: memory.as_mut_ptr(),
    };
    // What the arguments ask for is known, as in `convolve`.
    let back = Conv {
        channels: conv.filters,
        filters: conv.channels,
        ..*conv
    };
    // SAFETY: the sizes were compared.
    unsafe {
        match back.in_lines() {
            true => reversed::<true>(&pass),
            false => reversed::<false>(&pass),
        }
    }
}

/// What is to be done for the gradient of the input.
struct Pass<'a> {
    conv: &'a Conv,
    samples: usize,
    kernel: *const f32,
    dz: *const f32,
    dx: *mut f32,
    memory: *mut f32,
}

/// The gradient of the inputs with the same remainder by the stride.
struct Reversed {
    /// From outputs to inputs.
    axis: Axis,
    /// The last tap that sees them, which is the first one in the reverse order, and from one to the next.
    last: usize,
    step: usize,
}

#[inline(never)]
fn reverse(axis: &Axis, remainder: usize) -> Reversed {
    let stride = axis.stride.max(1);
    // An input is seen by output (input + before - tap * dilation) / stride.
    let at = (remainder as isize + axis.before).max(0) as usize;
    let (first, step) = axis.tap_at(at % stride); // (Not 0, which the compiler does not see.)
    let taps = axis.taps.saturating_sub(first).div_ceil(step.max(1));
    let steps = taps.saturating_sub(1);
    let dilation = axis.dilation * step / stride;
    let at = at as isize - (first * axis.dilation) as isize;
    Reversed {
        axis: Axis {
            input: axis.output,
            output: (axis.input - remainder).div_ceil(stride),
            taps,
            stride: 1,
            dilation,
            before: (steps * dilation) as isize - floor(at, stride),
        },
        last: first + steps * step,
        step,
    }
}

/// `at / stride`, rounded down. (Unsigned, for a signed division may overflow, and then there is a panic.)
fn floor(at: isize, stride: usize) -> isize {
    let (whole, stride) = (at.unsigned_abs(), stride.max(1));
    match at {
        0.. => (whole / stride) as isize,
        _ => -(whole.div_ceil(stride) as isize),
    }
}

/// # Safety
/// Kernel, samples and memory have the sizes of the convolution.
#[inline(never)]
unsafe fn reversed<const IN_LINES: bool>(pass: &Pass<'_>) {
    let (conv, [h, w]) = (pass.conv, &pass.conv.axes);
    for i in 0..h.stride.min(h.input) {
        let down = reverse(h, i);
        for j in 0..w.stride.min(w.input) {
            let along = reverse(w, j);
            let back = Conv {
                axes: [down.axis, along.axis],
                channels: conv.filters,
                filters: conv.channels,
                groups: conv.groups,
            };
            if back.kernel_len() == 0 {
                continue;
            }
            // SAFETY: these taps are some of the kernel's, and there is memory for all.
            unsafe { turn(pass, &back, [&down, &along]) };
            // Neighbours that are apart do not go together.
            let neighbours = if w.stride == 1 { 2 } else { 1 };
            let windows = [by(&down.axis, 1), by(&along.axis, neighbours)];
            let mut work = Work {
                conv: &back,
                windows: &windows,
                row: h.stride * w.input * conv.channels,
                window: neighbours * w.stride * conv.channels,
                pools: false,
                backwards: false,
                relu: false,
                kernel: pass.memory,
                bias: null(),
                x: pass.dz,
                y: pass.dx.wrapping_add((i * w.input + j) * conv.channels),
            };
            for _ in 0..pass.samples {
                // SAFETY: a sample's gradients, of which those of the inputs with these remainders are written.
                unsafe { run::<false, IN_LINES>(&work) };
                work.x = work.x.wrapping_add(conv.output_len());
                work.y = work.y.wrapping_add(conv.input_len());
            }
        }
    }
}

/// Writes the kernel of a reversed convolution to the memory: its taps in reverse order from the last ones on, each turned, so that the
/// channels of a filter lie side by side.
///
/// # Safety
/// The taps are some of the kernel's, for all of which there is memory.
#[inline(never)]
unsafe fn turn(pass: &Pass<'_>, back: &Conv, [down, along]: [&Reversed; 2]) {
    let (conv, [_, w]) = (pass.conv, &pass.conv.axes);
    let (depth, width, filters) = (conv.depth(), conv.width(), conv.filters);
    let mut to = pass.memory;
    for i in 0..back.axes[0].taps {
        for j in 0..back.axes[1].taps {
            let tap = (down.last - i * down.step) * w.taps + along.last - j * along.step;
            let tap = pass.kernel.wrapping_add(tap * depth * filters);
            for filter in 0..width {
                for group in 0..conv.groups {
                    let mut from = tap.wrapping_add(group * width + filter);
                    for _ in 0..depth {
                        rolled();
                        // SAFETY: a weight of the tap, and one of as many in the memory.
                        unsafe { *to = *from };
                        from = from.wrapping_add(filters);
                        to = to.wrapping_add(1);
                    }
                }
            }
        }
    }
}

/// The gradients of kernel and bias, if there is one behind it, summed over some samples.
#[inline(always)]
pub(crate) fn kernel_gradient(conv: &Conv, x: &[f32], dz: &[f32], dp: &mut [f32]) {
    let kernel = conv.kernel_len();
    let samples = dz.len() / conv.output_len().max(1);
    let fits = dz.len() == samples * conv.output_len()
        && x.len() == samples * conv.input_len()
        && (dp.len() == kernel || dp.len() == kernel + conv.filters);
    debug_assert!(fits, "conv: not samples and a kernel");
    if !fits {
        return;
    }
    dp.fill(0.0);
    let biased = dp.len() > kernel;
    let (mut x, mut dz, dp) = (x.as_ptr(), dz.as_ptr(), dp.as_mut_ptr());
    for _ in 0..samples {
        // SAFETY: the sizes were compared.
        unsafe { add_sample(conv, x, dz, dp, biased) };
        x = x.wrapping_add(conv.input_len());
        dz = dz.wrapping_add(conv.output_len());
    }
}

/// Adds the gradients of one sample.
///
/// # Safety
/// The sample, the gradient of its output and the parameters have the sizes of the convolution.
#[inline(never)]
unsafe fn add_sample(conv: &Conv, x: *const f32, dz: *const f32, dp: *mut f32, biased: bool) {
    let (filters, [h, w]) = (conv.filters, &conv.axes);
    let (depth, width) = (conv.depth(), conv.width());
    let (pixel, row) = (w.stride * conv.channels, h.stride * w.input * conv.channels);
    let mut t = Tile {
        a: x,
        b: dz,
        c: dp,
        start: dp,
        row_a: BYTES,
        row_c: filters * BYTES,
        row_start: filters * BYTES,
        term_a: pixel * BYTES,
        term_b: filters * BYTES,
        column_b: BYTES,
        line_a: 0,
        line_b: 0,
        terms: 1,
        lines: 1,
        bias: null(),
        relu: 0,
    };
    let mut to = dp;
    for i in 0..h.taps {
        let rows = seeing(h, i);
        for j in 0..w.taps {
            let columns = seeing(w, j);
            (t.terms, t.lines) = (columns.outputs.len(), rows.outputs.len());
            t.line_a = row.wrapping_sub(t.terms * pixel).wrapping_mul(BYTES);
            t.line_b = (w.output - t.terms) * filters * BYTES;
            t.a = x.wrapping_add((rows.at * w.input + columns.at) * conv.channels);
            t.b =
                dz.wrapping_add((rows.outputs.start * w.output + columns.outputs.start) * filters);
            t.c = to;
            if t.terms * t.lines > 0 {
                for _ in 0..conv.groups {
                    let (a, b, c) = (t.a, t.b, t.c);
                    // SAFETY: what the outputs see by this tap, and its weights.
                    unsafe { add(&mut t, depth, width) };
                    t.a = a.wrapping_add(depth);
                    t.b = b.wrapping_add(width);
                    t.c = c.wrapping_add(width);
                }
            }
            to = to.wrapping_add(depth * filters);
        }
    }
    if biased {
        (t.a, t.b, t.c, t.term_a) = (&raw const ONE, dz, to, 0);
        (t.terms, t.lines) = (h.output * w.output, 1);
        if t.terms > 0 {
            // SAFETY: all outputs, and the bias.
            unsafe { add(&mut t, 1, filters) };
        }
    }
}

/// The outputs that see an input by a tap, and which one the first of them sees.
struct Seeing {
    outputs: Range<usize>,
    at: usize,
}

#[inline(never)]
fn seeing(axis: &Axis, tap: usize) -> Seeing {
    let stride = axis.stride.max(1);
    // What the first output sees.
    let at = (tap * axis.dilation) as isize - axis.before;
    let first = (-at).max(0) as usize;
    let first = first.div_ceil(stride);
    let end = (axis.input as isize - at).max(0) as usize;
    let end = end.div_ceil(stride).min(axis.output);
    Seeing {
        outputs: first.min(end)..end,
        at: ((first * stride) as isize + at) as usize,
    }
}

/// Adds the sums of `m` rows and `n` columns to what is there.
///
/// # Safety
/// All elements are valid, and the columns of B lie side by side.
#[inline(never)]
unsafe fn add(t: &mut Tile, m: usize, n: usize) {
    let (mut a, b, mut c) = (t.a, t.b, t.c);
    let mut rows = m;
    while rows > 0 {
        let two = rows > 1;
        let mut columns = 0;
        while columns < n {
            (t.a, t.b, t.c) = (a, b.wrapping_add(columns), c.wrapping_add(columns));
            t.start = t.c;
            // SAFETY: promised by the caller.
            columns += unsafe { tile(t, n - columns, two) };
        }
        let done = 1 + usize::from(two);
        a = a.wrapping_add(done);
        c = c.wrapping_byte_add(done * t.row_c);
        rows -= done;
    }
}

#[cfg(all(test, feature = "std"))]
mod tests;
