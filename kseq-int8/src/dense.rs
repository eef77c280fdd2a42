//! `FULLY_CONNECTED`.

use crate::packing::padded;
use crate::params::Params;
use crate::product::product;

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
    let tile = scratch.len() / wide;
    if tile == 0 || outputs == 0 {
        return;
    }
    for (x, y) in x.chunks(tile * inputs).zip(y.chunks_mut(tile * outputs)) {
        let mut rows = 0;
        for (row, x) in scratch.chunks_exact_mut(wide).zip(x.chunks_exact(inputs)) {
            let (values, padding) = row.split_at_mut(inputs);
            values.copy_from_slice(x);
            padding.fill(0);
            rows += 1;
        }
        if let Some(rows) = scratch.get(..rows * wide) {
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
