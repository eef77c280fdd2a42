//! `FULLY_CONNECTED`.

use crate::kernels::{copy_lines, vector_rows};
use crate::packing::padded;
use crate::params::Params;
use crate::product::product;
use crate::rows::{rows, rows_mut};

/// Rows of any number of values, each times the kernel.
///
/// A row whose length is no multiple of 4 goes through the scratch.
#[inline(always)]
pub(crate) fn dense(
    inputs: usize,
    outputs: usize,
    params: &Params<'_>,
    x: &[i8],
    y: &mut [i8],
    scratch: &mut [i8],
) {
    // Of a constant, so that a firmware links what is behind it only if it needs that.
    if padded(inputs) == inputs {
        product(x, inputs, params, outputs, y);
    } else {
        with_padding(inputs, outputs, params, x, y, scratch);
    }
}

fn with_padding(
    inputs: usize,
    outputs: usize,
    params: &Params<'_>,
    x: &[i8],
    y: &mut [i8],
    scratch: &mut [i8],
) {
    let wide = padded(inputs);
    if vector_rows(params, x, inputs, wide, outputs, y) {
        return;
    }
    let Some(row) = scratch.get_mut(..wide) else {
        return;
    };
    for (x, y) in rows(x, inputs).zip(rows_mut(y, outputs)) {
        // What stands in the padding does not matter: its weights are zeros.
        copy_lines(x, inputs, row, wide, inputs, 1);
        product(row, wide, params, outputs, y);
    }
}

/// The scratch of one row.
pub(crate) const fn scratch_len(inputs: usize) -> usize {
    if padded(inputs) == inputs {
        0
    } else {
        padded(inputs)
    }
}
