//! 512 bits: what is done for each channel by itself.
#![allow(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "arrays of registers, whose lengths are constants"
)]

use super::avx512::{outputs, packed};
use super::channels::{CHANNELS, Depthwise, Weights};
use crate::op::Pool;
use crate::patches::Seen;
use core::arch::x86_64::*;

/// Four taps of each channel side by side: of 64 channels, the vectors have four channels of each 16, then the next four.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn interleaved([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (low, high) = (_mm512_unpacklo_epi8(a, b), _mm512_unpackhi_epi8(a, b));
    let (low2, high2) = (_mm512_unpacklo_epi8(c, d), _mm512_unpackhi_epi8(c, d));
    [
        _mm512_unpacklo_epi16(low, low2),
        _mm512_unpackhi_epi16(low, low2),
        _mm512_unpacklo_epi16(high, high2),
        _mm512_unpackhi_epi16(high, high2),
    ]
}

/// The lanes of so many channels.
#[inline(always)]
const fn mask(channels: usize) -> __mmask64 {
    match channels {
        0 => 0,
        1..64 => u64::MAX >> (64 - channels),
        _ => u64::MAX,
    }
}

/// Puts the weights of 64 channels side by side, and takes 128 times their sums from the bias.
///
/// # Safety
/// There are `taps` rows of weights, each of which has `channels` of them.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn weights(
    from: *const i8,
    step: usize,
    channels: usize,
    taps: usize,
    to: &mut Weights,
) {
    let mask = mask(channels);
    let mut sums = [_mm512_setzero_si512(); 4];
    for (group, to) in to.kernel.iter_mut().enumerate().take(taps.div_ceil(4)) {
        let four = core::array::from_fn(|i| match 4 * group + i {
            // SAFETY: a tap that there is; the mask leaves out what is behind the last channel.
            tap if tap < taps => unsafe { _mm512_maskz_loadu_epi8(mask, from.add(tap * step)) },
            _ => _mm512_setzero_si512(),
        });
        let to = to.as_mut_ptr().cast::<__m512i>();
        for (i, weights) in interleaved(four).into_iter().enumerate() {
            sums[i] = _mm512_dpbusd_epi32(sums[i], _mm512_set1_epi8(i8::MIN), weights);
            // SAFETY: one of the four vectors that it is.
            unsafe { _mm512_store_si512(to.add(i), weights) };
        }
    }
    for (scales, sum) in to.scales.iter_mut().zip(sums) {
        // SAFETY: it is filled; 64 bytes.
        unsafe {
            let bias = (&raw mut (*scales.as_mut_ptr()).bias).cast();
            _mm512_store_si512(bias, _mm512_sub_epi32(_mm512_load_si512(bias), sum));
        }
    }
}

/// Pixels side by side, of up to 64 channels.
///
/// # Safety
/// What [`Depthwise`] says.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn depthwise(d: &Depthwise<'_>) {
    let mask = mask(d.channels);
    // SAFETY: they are filled.
    let scales = d
        .weights
        .scales
        .each_ref()
        .map(|s| unsafe { s.assume_init_ref() });
    let (mut x, mut y) = (d.x, d.y);
    for _ in 0..d.pixels {
        let mut sums: [__m512i; 4] = core::array::from_fn(|i| {
            // SAFETY: 64 bytes.
            unsafe { _mm512_load_si512(scales[i].bias.as_ptr().cast()) }
        });
        for (taps, kernel) in d.taps.as_chunks::<4>().0.iter().zip(&d.weights.kernel) {
            // SAFETY: 64 values can be read from each tap on.
            let four = taps.map(|tap| unsafe { _mm512_loadu_si512(x.add(tap).cast()) });
            let kernel = kernel.as_ptr().cast::<__m512i>();
            for (i, x) in interleaved(four).into_iter().enumerate() {
                // SAFETY: `weights` has filled those of as many taps; one of the four vectors.
                let weights = unsafe { _mm512_load_si512(kernel.add(i)) };
                sums[i] = _mm512_dpbusd_epi32(sums[i], x, weights);
            }
        }
        let done = core::array::from_fn(|i| {
            let scales = scales[i];
            if d.range.positive() {
                outputs::<false>(scales, sums[i])
            } else {
                outputs::<true>(scales, sums[i])
            }
        });
        // SAFETY: the pixel's channels, of which there are as many.
        unsafe { _mm512_mask_storeu_epi8(y, mask, packed(d.range, done)) };
        (x, y) = (x.wrapping_add(d.step), y.wrapping_add(d.outputs));
    }
}

/// The part of the image that a window sees: its first value, its lines and the pixels of each.
#[derive(Clone, Copy)]
struct Part {
    at: usize,
    lines: usize,
    taps: usize,
}

/// The windows of a pooling, each with where its output is.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn each_window(pool: &Pool, mut f: impl FnMut(usize, Part)) {
    let [h, w] = &pool.axes;
    let line = w.input * pool.channels;
    let mut to = 0;
    for row in 0..h.output {
        let high = Seen::of(h, row);
        for column in 0..w.output {
            let begin = column * w.stride;
            let wide = match begin.checked_sub(w.before) {
                // Most see no border.
                Some(at) if at + w.kernel <= w.input => Seen {
                    first: 0,
                    taps: w.kernel,
                    at,
                },
                _ => Seen::of(w, column),
            };
            let at = high.at * line + wide.at * pool.channels;
            f(
                to,
                Part {
                    at,
                    lines: high.taps,
                    taps: wide.taps,
                },
            );
            to += pool.channels;
        }
    }
}

/// The largest value of each window.
///
/// # Safety
/// There are an image and its output.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn max(pool: &Pool, x: *const i8, y: *mut i8) {
    let (channels, line) = (pool.channels, pool.axes[1].input * pool.channels);
    each_window(pool, |to, part| {
        for first in (0..channels).step_by(CHANNELS) {
            let mask = mask(channels - first);
            let x = x.wrapping_add(part.at + first);
            // SAFETY: a pixel of the image; the mask leaves out what is behind its channels.
            let seen = |row: usize, tap: usize| unsafe {
                _mm512_maskz_loadu_epi8(mask, x.wrapping_add(row * line + tap * channels))
            };
            let most = match (part.lines, part.taps) {
                (2, 2) => {
                    let [a, b] = [0, 1].map(|row| _mm512_max_epi8(seen(row, 0), seen(row, 1)));
                    _mm512_max_epi8(a, b)
                }
                _ => {
                    let mut most = _mm512_set1_epi8(i8::MIN);
                    for row in 0..part.lines {
                        for tap in 0..part.taps {
                            most = _mm512_max_epi8(most, seen(row, tap));
                        }
                    }
                    most
                }
            };
            // SAFETY: a pixel of the output.
            unsafe { _mm512_mask_storeu_epi8(y.wrapping_add(to + first), mask, most) };
        }
    });
}

/// The mean of each window, halves away from zero. (The quotient of an `f32` is never rounded up to a whole number here: what is below
/// one, is by more than the rounding, as long as a window has less than 2^16 pixels.)
///
/// # Safety
/// There are an image and its output.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn average(pool: &Pool, x: *const i8, y: *mut i8) {
    let (channels, line) = (pool.channels, pool.axes[1].input * pool.channels);
    each_window(pool, |to, part| {
        let count = (part.lines * part.taps) as i32;
        let (half, divisor) = (_mm512_set1_epi32(count / 2), _mm512_set1_ps(count as f32));
        for first in (0..channels).step_by(16) {
            let mask = mask(channels - first) as __mmask16;
            let mut sum = _mm512_setzero_si512();
            for row in 0..part.lines {
                let x = x.wrapping_add(part.at + row * line + first);
                for tap in 0..part.taps {
                    // SAFETY: a pixel of the image; the mask leaves out what is behind its channels.
                    let seen =
                        unsafe { _mm_maskz_loadu_epi8(mask, x.wrapping_add(tap * channels)) };
                    sum = _mm512_add_epi32(sum, _mm512_cvtepi8_epi32(seen));
                }
            }
            // Half of the count with the sign of the sum; where that is 0, it does not matter.
            let negative = _mm512_movepi32_mask(sum);
            let rounded = _mm512_add_epi32(sum, half);
            let rounded = _mm512_mask_sub_epi32(rounded, negative, sum, half);
            let mean = _mm512_cvttps_epi32(_mm512_div_ps(_mm512_cvtepi32_ps(rounded), divisor));
            // SAFETY: a pixel of the output.
            unsafe {
                _mm_mask_storeu_epi8(y.wrapping_add(to + first), mask, _mm512_cvtepi32_epi8(mean));
            }
        }
    });
}
