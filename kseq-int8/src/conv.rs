//! `CONV_2D`: what the window sees of each output pixel, as a row of a product.

use crate::dense;
use crate::kernels::{Kernel, rolled, vector_image};
use crate::op::{Axis, Conv};
use crate::packing::padded;
use crate::params::Params;
use crate::patches::{Seen, fill};
use crate::rows::{rows, rows_mut};

/// Images `(height, width, channels)`, any number of them, to `(height, width, filters)`.
///
/// Beyond the borders is the input's zero point, which stands for 0. As many patches are made at a time as the scratch has room for.
#[inline(always)]
pub(crate) fn conv(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8], scratch: &mut [i8]) {
    // Of a constant, so that a firmware links one of the two.
    if is_pointwise(conv) {
        dense::dense(conv.channels, conv.filters, params, x, y, scratch);
    } else {
        windows(conv, params, x, y, scratch);
    }
}

fn windows(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8], scratch: &mut [i8]) {
    let wide = padded(conv.taps() * conv.channels);
    if conv.input_len() == 0 || conv.output_len() == 0 || wide == 0 || scratch.len() < wide {
        return;
    }
    let (Some(patch), Some(kernel)) = (
        scratch.get_mut(..wide),
        Kernel::of(params, wide, conv.filters),
    ) else {
        return;
    };
    let [h, w] = &conv.axes;
    let samples = rows(x, conv.input_len());
    for (x, y) in samples.zip(rows_mut(y, conv.output_len())) {
        rolled();
        if vector_image(conv, params, wide, x, y) {
            continue;
        }
        let mut pixels = rows_mut(y, conv.filters);
        for row in 0..h.output {
            rolled();
            let h = Seen::of(h, row);
            for (column, y) in (0..w.output).zip(&mut pixels) {
                fill(conv, params.zeros.input, x, h, Seen::of(w, column), patch);
                kernel.row(patch, y);
            }
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
