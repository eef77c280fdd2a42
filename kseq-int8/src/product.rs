//! Rows times a packed kernel: what dense layers and convolutions are made of.

use crate::arithmetic::requantize;
use crate::packing::BLOCK;
use crate::params::Params;

/// `y[r][o] = requantize(bias[o] + sum over i of x[r][i] * kernel[o][i])`, for rows of `x` that are `inputs_padded` long, a multiple
/// of 4, and rows of `y` that are `outputs` long; as many as there are of both.
///
/// The kernel is [packed](crate::packing). What `x` has where the kernel has its padding does not matter. What does not fit is not
/// computed.
pub fn product(x: &[i8], inputs_padded: usize, params: &Params<'_>, outputs: usize, y: &mut [i8]) {
    if inputs_padded == 0 || outputs == 0 {
        return;
    }
    let rows = x.chunks_exact(inputs_padded);
    for (x, y) in rows.zip(y.chunks_exact_mut(outputs)) {
        row(x, params, y);
    }
}

/// One row.
fn row(x: &[i8], params: &Params<'_>, y: &mut [i8]) {
    let scales = params
        .bias
        .chunks(BLOCK)
        .zip(params.multiplier.chunks(BLOCK));
    let scales = scales.zip(params.shift.chunks(BLOCK));
    let kernel = params.bytes.chunks(x.len() * BLOCK);
    for (y, (((bias, multiplier), shift), kernel)) in y.chunks_mut(BLOCK).zip(scales.zip(kernel)) {
        let mut sums = [0; BLOCK];
        for (sum, bias) in sums.iter_mut().zip(bias) {
            *sum = *bias;
        }
        let (quads, _) = x.as_chunks::<4>();
        for (x, group) in quads.iter().zip(kernel.chunks_exact(bias.len() * 4)) {
            let (weights, _) = group.as_chunks::<4>();
            for (sum, weights) in sums.iter_mut().zip(weights) {
                for (x, w) in x.iter().zip(weights) {
                    *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
                }
            }
        }
        let scales = multiplier.iter().zip(shift);
        for ((y, sum), (multiplier, shift)) in y.iter_mut().zip(sums).zip(scales) {
            *y = requantize(sum, *multiplier, *shift, params.rounding, params.zeros);
        }
    }
}
