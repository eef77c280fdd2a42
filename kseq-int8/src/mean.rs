//! `MEAN` over the pixels.

use crate::kernels::{Range, requantize, rolled};
use crate::op::Mean;
use crate::packing::BLOCK;
use crate::params::Params;
use crate::rows::{rows, rows_mut};

/// The mean of each channel, of any number of samples: the sum, whose block has the zero point in its bias and `1 / rows` in its
/// multiplier.
pub(crate) fn mean(mean: &Mean, params: &Params<'_>, x: &[i8], y: &mut [i8]) {
    let (&[bias], &[multiplier], &[shift]) = (params.bias, params.multiplier, params.shift) else {
        return;
    };
    let inputs = mean.rows * mean.channels;
    if inputs == 0 {
        return;
    }
    for (x, y) in rows(x, inputs).zip(rows_mut(y, mean.channels)) {
        for (block, y) in y.chunks_mut(BLOCK).enumerate() {
            let mut sums = [bias; BLOCK];
            for row in rows(x, mean.channels) {
                for (sum, x) in sums.iter_mut().zip(row.iter().skip(block * BLOCK)) {
                    rolled();
                    *sum = sum.wrapping_add(i32::from(*x));
                }
            }
            for (y, sum) in y.iter_mut().zip(sums) {
                rolled();
                *y = requantize(sum, multiplier, shift, params.rounding, Range::of(params.zeros));
            }
        }
    }
}
