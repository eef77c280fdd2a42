//! `MEAN` over the pixels.

use crate::kernels::{Range, requantize, rolled, simd};
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
        simd(|| sample(bias, multiplier, shift, mean.channels, params, x, y));
    }
}

/// One sample.
#[inline(always)]
fn sample(
    bias: i32,
    multiplier: i32,
    shift: i8,
    channels: usize,
    params: &Params<'_>,
    x: &[i8],
    y: &mut [i8],
) {
    for (block, y) in y.chunks_mut(BLOCK).enumerate() {
        // Whole blocks are vectors where there are such.
        let sums = if cfg!(feature = "std") && y.len() == BLOCK {
            block_sums(bias, channels, x.get(block * BLOCK..).unwrap_or_default())
        } else {
            let mut sums = [bias; BLOCK];
            for row in rows(x, channels) {
                for (sum, x) in sums.iter_mut().zip(row.iter().skip(block * BLOCK)) {
                    rolled();
                    *sum = sum.wrapping_add(i32::from(*x));
                }
            }
            sums
        };
        for (y, sum) in y.iter_mut().zip(sums) {
            rolled();
            *y = requantize(
                sum,
                multiplier,
                shift,
                params.rounding,
                Range::of(params.zeros),
            );
        }
    }
}

/// The sums of the first channels of each row.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "both have as many")]
fn block_sums(bias: i32, channels: usize, mut x: &[i8]) -> [i32; BLOCK] {
    let mut sums = [bias; BLOCK];
    while let Some(seen) = x.first_chunk::<BLOCK>() {
        sums = core::array::from_fn(|i| sums[i].wrapping_add(i32::from(seen[i])));
        x = x.get(channels..).unwrap_or_default();
    }
    sums
}
