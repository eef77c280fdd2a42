//! `CONV_2D`: what the window sees of each output pixel, as a row of a product.

use crate::dense;
use crate::op::{Axis, Conv};
use crate::packing::padded;
use crate::params::Params;
use crate::product::product;

/// Images `(height, width, channels)`, any number of them, to `(height, width, filters)`.
///
/// Beyond the borders is the input's zero point, which stands for 0. As many patches are made at a time as the scratch has room for.
pub(crate) fn conv(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8], scratch: &mut [i8]) {
    if is_pointwise(conv) {
        return dense::dense(conv.channels, conv.filters, params, x, y, scratch);
    }
    let wide = padded(conv.taps() * conv.channels);
    if conv.input_len() == 0 || conv.output_len() == 0 || wide == 0 {
        return;
    }
    let tile = scratch.len() / wide;
    if tile == 0 {
        return;
    }
    let samples = x.chunks_exact(conv.input_len());
    for (x, y) in samples.zip(y.chunks_exact_mut(conv.output_len())) {
        let mut first = 0;
        for y in y.chunks_mut(tile * conv.filters) {
            let pixels = y.len() / conv.filters;
            for (pixel, patch) in (first..first + pixels).zip(scratch.chunks_exact_mut(wide)) {
                fill(conv, params.zeros.input, x, pixel, patch);
            }
            if let Some(patches) = scratch.get(..pixels * wide) {
                product(patches, wide, params, conv.filters, y);
            }
            first += pixels;
        }
    }
}

/// The scratch of one patch, or one row.
pub(crate) const fn scratch_len(conv: &Conv) -> usize {
    if is_pointwise(conv) {
        dense::scratch_len(conv.channels)
    } else {
        padded(conv.taps() * conv.channels)
    }
}

/// Whether the window is each pixel by itself.
const fn is_pointwise(conv: &Conv) -> bool {
    let [h, w] = &conv.axes;
    alone(h) && alone(w)
}

const fn alone(axis: &Axis) -> bool {
    axis.kernel == 1 && axis.stride == 1 && axis.before == 0 && axis.input == axis.output
}

/// What the window of an output pixel sees: `[row][column][channel]`, and zeros behind.
fn fill(conv: &Conv, zero: i8, x: &[i8], pixel: usize, patch: &mut [i8]) {
    let [h, w] = &conv.axes;
    let (row, column) = (pixel / w.output, pixel % w.output);
    let mut parts = patch.chunks_exact_mut(w.kernel * conv.channels);
    for (tap, part) in (0..h.kernel).zip(&mut parts) {
        let len = w.input * conv.channels;
        let line = h
            .seen(row, tap)
            .and_then(|line| x.get(line * len..(line + 1) * len));
        match line {
            Some(line) => fill_line(w, conv.channels, zero, line, column, part),
            None => part.fill(zero),
        }
    }
    parts.into_remainder().fill(0);
}

/// A row of the window.
fn fill_line(w: &Axis, channels: usize, zero: i8, line: &[i8], column: usize, part: &mut [i8]) {
    if w.dilation != 1 {
        for (tap, pixel) in part.chunks_exact_mut(channels).enumerate() {
            let seen = w.seen(column, tap);
            let seen = seen.and_then(|at| line.get(at * channels..(at + 1) * channels));
            match seen {
                Some(seen) => pixel.copy_from_slice(seen),
                None => pixel.fill(zero),
            }
        }
        return;
    }
    // One run, with zeros before and behind it.
    let begin = column * w.stride;
    let skipped = w.before.saturating_sub(begin) * channels;
    let from = begin.saturating_sub(w.before) * channels;
    let seen = line.get(from..).unwrap_or_default();
    let Some((before, part)) = part.split_at_mut_checked(skipped) else {
        return part.fill(zero);
    };
    before.fill(zero);
    let len = part.len().min(seen.len());
    for (pixel, seen) in part.iter_mut().zip(seen) {
        *pixel = *seen;
    }
    part.iter_mut().skip(len).for_each(|pixel| *pixel = zero);
}
