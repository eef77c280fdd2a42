//! `FULLY_CONNECTED`.

use crate::kernels::vector_rows;
use crate::packing::padded;
use crate::params::Params;
use crate::product::product;
use crate::rows::{copy, parts, parts_mut, rows, rows_mut};

/// Rows of any number of values, each times the kernel.
///
/// Rows whose length is no multiple of 4 go through the scratch, as many at a time as it has room for.
pub(crate) fn dense(
    inputs: usize,
    outputs: usize,
    params: &Params<'_>,
    x: &[i8],
    y: &mut [i8],
    scratch: &mut [i8],
) {
    let wide = padded(inputs);
    if wide == inputs {
        return product(x, wide, params, outputs, y);
    }
    if vector_rows(params, x, inputs, wide, outputs, y) {
        return;
    }
    let tile = scratch.len() / wide.max(1);
    if tile == 0 || outputs == 0 {
        return;
    }
    for (x, y) in parts(x, tile * inputs).zip(parts_mut(y, tile * outputs)) {
        let mut used = 0;
        for (row, x) in rows_mut(scratch, wide).zip(rows(x, inputs)) {
            copy(x, row);
            row.iter_mut().skip(inputs).for_each(|padding| *padding = 0);
            used += wide;
        }
        if let Some(rows) = scratch.get(..used) {
            product(rows, wide, params, outputs, y);
        }
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
