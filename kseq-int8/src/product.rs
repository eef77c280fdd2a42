//! Rows times a packed kernel: what dense layers and convolutions are made of.

use crate::kernels::{Kernel, vector_rows};
use crate::params::Params;
use crate::rows::{rows, rows_mut};

/// `y[r][o] = requantize(bias[o] + sum over i of x[r][i] * kernel[o][i])`, for rows of `x` that are `inputs_padded` long, a multiple
/// of 4, and rows of `y` that are `outputs` long; as many as there are of both.
///
/// The kernel is [packed](crate::packing). What `x` has where the kernel has its padding does not matter. What does not fit is not
/// computed.
pub fn product(x: &[i8], inputs_padded: usize, params: &Params<'_>, outputs: usize, y: &mut [i8]) {
    let Some(kernel) = Kernel::of(params, inputs_padded, outputs) else {
        return;
    };
    if vector_rows(params, x, inputs_padded, inputs_padded, outputs, y) {
        return;
    }
    for (x, y) in rows(x, inputs_padded).zip(rows_mut(y, outputs)) {
        kernel.row(x, y);
    }
}
