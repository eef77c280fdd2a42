//! `DEPTHWISE_CONV_2D` of several channels. With one channel it is a convolution, since each filter sees it.

use crate::kernels::{Range, requantize, rolled, simd, vector_depthwise};
use crate::op::Conv;
use crate::params::Params;
use crate::patches::Seen;
use crate::rows::{rows, rows_mut};

/// The channels whose sums are in registers.
const TILE: usize = if cfg!(feature = "std") { 16 } else { 4 };

/// Images `(height, width, channels)`, any number of them, to `(height, width, filters)`: the filters `m * c .. m * (c + 1)` see
/// channel `c`, where `m` is `filters / channels`.
///
/// Beyond the borders is the input's zero point, which stands for 0.
pub(crate) fn depthwise(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8]) {
    let (inputs, outputs) = (conv.input_len(), conv.output_len());
    for (x, y) in rows(x, inputs).zip(rows_mut(y, outputs)) {
        if vector_depthwise(conv, params, x, y) {
            continue;
        }
        simd(|| image(conv, params, x, y));
    }
}

/// One image.
#[inline(always)]
fn image(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8]) {
    let [h, w] = &conv.axes;
    let mut pixels = rows_mut(y, conv.filters);
    for row in 0..h.output {
        rolled();
        let high = Seen::of(h, row);
        for (column, y) in (0..w.output).zip(&mut pixels) {
            rolled();
            pixel(conv, params, x, high, Seen::of(w, column), y);
        }
    }
}

/// An output pixel.
#[inline(always)]
fn pixel(conv: &Conv, params: &Params<'_>, x: &[i8], h: Seen, w: Seen, y: &mut [i8]) {
    let mut first = 0;
    while first < y.len() {
        rolled();
        // Several filters of a channel are done one by one.
        let some = if conv.channels == conv.filters && y.len() - first >= TILE {
            tile::<TILE>(conv, params, x, h, w, first, first, y)
        } else {
            let multiplier = conv.filters.checked_div(conv.channels);
            let channel = first.checked_div(multiplier.unwrap_or_default());
            tile::<1>(conv, params, x, h, w, channel.unwrap_or_default(), first, y)
        };
        if some.is_none() {
            return;
        }
        first += some.unwrap_or(1);
    }
}

/// `N` filters from `first` on, which see the channels from `channel` on. Returns how many; none where something is too short.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "each is of another kind")]
fn tile<const N: usize>(
    conv: &Conv,
    params: &Params<'_>,
    x: &[i8],
    h: Seen,
    w: Seen,
    channel: usize,
    first: usize,
    y: &mut [i8],
) -> Option<usize> {
    let [high, wide] = &conv.axes;
    let mut sums = *params.bias.get(first..)?.first_chunk::<N>()?;
    let line = wide.input * conv.channels;
    let mut kernel = params.bytes.get(first..)?;
    for row in 0..high.kernel {
        rolled();
        // Whether it is within the image; before the first line that is, the difference is a large number.
        let down = row.wrapping_sub(h.first);
        let from = match down < h.taps {
            true => {
                x.get((h.at + down * high.dilation) * line + w.at * conv.channels + channel..)?
            }
            false => &[],
        };
        for column in 0..wide.kernel {
            rolled();
            let weights = kernel.first_chunk::<N>()?;
            let right = column.wrapping_sub(w.first);
            let seen = match down < h.taps && right < w.taps {
                true => *from
                    .get(right * wide.dilation * conv.channels..)?
                    .first_chunk::<N>()?,
                false => [params.zeros.input; N],
            };
            for ((sum, x), w) in sums.iter_mut().zip(seen).zip(weights) {
                *sum = sum.wrapping_add(i32::from(x) * i32::from(*w));
            }
            // (Nothing is left behind the last tap.)
            kernel = kernel.get(conv.filters..).unwrap_or_default();
        }
    }
    let multiplier = params.multiplier.get(first..)?.first_chunk::<N>()?;
    let shift = params.shift.get(first..)?.first_chunk::<N>()?;
    let range = Range::of(params.zeros);
    let y = y.get_mut(first..)?.first_chunk_mut::<N>()?;
    for (((y, sum), multiplier), shift) in y.iter_mut().zip(sums).zip(multiplier).zip(shift) {
        rolled();
        *y = requantize(sum, *multiplier, *shift, params.rounding, range);
    }
    Some(N)
}
