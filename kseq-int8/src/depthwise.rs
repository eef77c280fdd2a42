//! `DEPTHWISE_CONV_2D` of several channels. With one channel it is a convolution, since each filter sees it.

use crate::arithmetic::requantize;
use crate::kernels::vector_depthwise;
use crate::op::Conv;
use crate::packing::BLOCK;
use crate::params::Params;
use crate::rows::{rows, rows_mut};

/// Images `(height, width, channels)`, any number of them, to `(height, width, filters)`: the filters `m * c .. m * (c + 1)` see
/// channel `c`, where `m` is `filters / channels`.
///
/// Beyond the borders is the input's zero point, which stands for 0.
pub(crate) fn depthwise(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8]) {
    let (inputs, outputs) = (conv.input_len(), conv.output_len());
    if inputs == 0 || outputs == 0 {
        return;
    }
    for (x, y) in rows(x, inputs).zip(rows_mut(y, outputs)) {
        if vector_depthwise(conv, params, x, y) {
            continue;
        }
        let (mut row, mut column) = (0, 0);
        for y in rows_mut(y, conv.filters) {
            pixel(conv, params, x, row, column, y);
            column += 1;
            if column == conv.axes[1].output {
                (row, column) = (row + 1, 0);
            }
        }
    }
}

/// An output pixel, up to [`BLOCK`] filters at a time.
fn pixel(conv: &Conv, params: &Params<'_>, x: &[i8], row: usize, column: usize, y: &mut [i8]) {
    let scales = params
        .bias
        .chunks(BLOCK)
        .zip(params.multiplier.chunks(BLOCK));
    let scales = scales.zip(params.shift.chunks(BLOCK));
    for (block, (y, ((bias, multiplier), shift))) in y.chunks_mut(BLOCK).zip(scales).enumerate() {
        let mut sums = [0; BLOCK];
        for (sum, bias) in sums.iter_mut().zip(bias) {
            *sum = *bias;
        }
        add_taps(conv, params, x, (row, column), block * BLOCK, &mut sums);
        let scales = multiplier.iter().zip(shift);
        for ((y, sum), (multiplier, shift)) in y.iter_mut().zip(sums).zip(scales) {
            *y = requantize(sum, *multiplier, *shift, params.rounding, params.zeros);
        }
    }
}

/// Adds what the window sees, of the filters from `first` on.
fn add_taps(
    conv: &Conv,
    params: &Params<'_>,
    x: &[i8],
    (row, column): (usize, usize),
    first: usize,
    sums: &mut [i32; BLOCK],
) {
    let Conv {
        axes: [h, w],
        channels,
        filters,
        ..
    } = conv;
    let (channels, filters) = (*channels, *filters);
    let mut taps = rows(params.bytes, filters);
    for down in 0..h.kernel {
        let line = h.seen(row, down);
        for (right, kernel) in (0..w.kernel).zip(&mut taps) {
            let at = line.zip(w.seen(column, right));
            let seen = at.and_then(|(line, at)| x.get((line * w.input + at) * channels..));
            let kernel = kernel.iter().skip(first);
            match seen {
                Some(seen) if channels == filters => {
                    add(sums, kernel, seen.iter().skip(first).copied());
                }
                Some(seen) => {
                    let multiplier = (filters / channels).max(1);
                    let seen = seen
                        .iter()
                        .flat_map(|x| core::iter::repeat_n(*x, multiplier));
                    add(sums, kernel, seen.skip(first));
                }
                None => add(sums, kernel, core::iter::repeat(params.zeros.input)),
            }
        }
    }
}

fn add<'a>(
    sums: &mut [i32; BLOCK],
    kernel: impl Iterator<Item = &'a i8>,
    seen: impl Iterator<Item = i8>,
) {
    for (sum, (w, x)) in sums.iter_mut().zip(kernel.zip(seen)) {
        *sum = sum.wrapping_add(i32::from(*w) * i32::from(x));
    }
}
