//! Softmax and its logarithm, row by row; the sums over a row that losses use too.

use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::kernels::fpu::{rolled, unknown, unknown_many};
use crate::math;

/// Lanes of a sum: fixed, so that the result does not depend on the instruction set.
const LANES: usize = 8;

/// About how many elements are worked on at a time: several rows, so that `exp` runs over long
/// vectors even if rows are short, and few enough to stay in the first cache.
const BLOCK: usize = 2048;

/// The largest value, `-inf` of none; NaN is passed over.
#[inline(always)]
pub(crate) fn max(row: &[f32]) -> f32 {
    if DEVICE {
        return row.iter().fold(f32::NEG_INFINITY, |largest, &v| {
            rolled();
            if largest < v { v } else { largest }
        });
    }
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut largest = f32::NEG_INFINITY;
    if !chunks.is_empty() {
        let mut lanes = [f32::NEG_INFINITY; LANES];
        for chunk in chunks {
            for (m, &v) in lanes.iter_mut().zip(chunk) {
                *m = if v > *m { v } else { *m };
            }
        }
        for v in lanes {
            largest = if v > largest { v } else { largest };
        }
    }
    for &v in rest {
        largest = if v > largest { v } else { largest };
    }
    largest
}

/// The sum of `f(x, y)` over two rows, in one fixed order.
macro_rules! lane_sum {
    ($x:ident, $y:ident => $f:expr, $row_x:expr, $row_y:expr) => {{
        let (xs, rest_x) = $row_x.as_chunks::<LANES>();
        let (ys, rest_y) = $row_y.as_chunks::<LANES>();
        let mut total = 0.0;
        if !xs.is_empty() {
            let mut lanes = [0.0; LANES];
            for (xs, ys) in xs.iter().zip(ys) {
                for ((sum, &$x), &$y) in lanes.iter_mut().zip(xs).zip(ys) {
                    *sum += $f;
                }
            }
            let [a, b, c, d, e, f, g, h] = lanes;
            total = ((a + e) + (c + g)) + ((b + f) + (d + h));
        }
        for (&$x, &$y) in rest_x.iter().zip(rest_y) {
            total += $f;
        }
        total
    }};
}

/// The sum of products in the same order, as loops: with a `step` of 0 all are with the first value of `y`.
#[cfg_attr(not(feature = "std"), inline(never))]
fn rolled_sum(x: &[f32], y: &[f32], step: usize) -> f32 {
    let term = |i: usize| {
        let factor = y.get(i * step).copied().unwrap_or_default();
        x.get(i).copied().unwrap_or_default() * factor
    };
    // (Of zeros that the compiler knows it would make a call of `memset`.)
    let mut lanes = [f32::from_bits(unknown(0) as u32); LANES];
    let whole = x.len() / LANES * LANES;
    for i in 0..whole {
        rolled();
        lanes[i % LANES] += term(i);
    }
    let mut half = unknown(LANES / 2);
    while half > 0 {
        rolled();
        for i in 0..half {
            rolled();
            lanes[i % LANES] += lanes[(i + half) % LANES];
        }
        half /= 2;
    }
    let mut sum = lanes[0];
    for i in whole..x.len() {
        rolled();
        sum += term(i);
    }
    sum
}

/// The sum.
#[inline(always)]
pub(crate) fn sum(row: &[f32]) -> f32 {
    if DEVICE {
        return rolled_sum(row, &[1.0], 0);
    }
    lane_sum!(x, _y => x, row, row)
}

/// The sum of products.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    if DEVICE {
        return rolled_sum(a, b, 1);
    }
    lane_sum!(x, y => x * y, a, b)
}

/// The sum of e^x.
#[inline(always)]
fn sum_exp(row: &[f32]) -> f32 {
    if DEVICE {
        return row.iter().fold(0.0, |sum, v| {
            rolled();
            sum + math::exp(*v)
        });
    }
    let (chunks, rest) = row.as_chunks::<64>();
    let mut total = 0.0;
    for chunk in chunks {
        let mut powers = *chunk;
        for v in &mut powers {
            *v = math::exp(*v);
        }
        total += sum(&powers);
    }
    for v in rest {
        total += math::exp(*v);
    }
    total
}

/// Subtracts the largest value from all.
#[inline(always)]
pub(crate) fn shift(row: &mut [f32]) {
    let largest = max(row);
    for v in row {
        rolled();
        *v -= largest;
    }
}

/// The length of a block of whole rows of `width`.
#[inline(always)]
pub(crate) fn block_len(width: usize) -> usize {
    (BLOCK / width * width).max(width).max(1)
}

simd_fn! {
    /// `z` becomes its softmax over rows of `width`.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn forward(z: &mut [f32], width: usize) {
        let width = width.max(1);
        if DEVICE {
            for row in z.chunks_exact_mut(width) {
                let row = unknown_many(row);
                shift(row);
                for v in row.iter_mut() {
                    rolled();
                    *v = math::exp(*v);
                }
                let scale = 1.0 / sum(row);
                for v in row {
                    rolled();
                    *v *= scale;
                }
            }
            return;
        }
        for block in z.chunks_mut(block_len(width)) {
            for row in block.chunks_exact_mut(width) {
                shift(row);
            }
            for v in block.iter_mut() {
                *v = math::exp(*v);
            }
            for row in block.chunks_exact_mut(width) {
                let scale = 1.0 / sum(row);
                for v in row {
                    *v *= scale;
                }
            }
        }
    }
}

simd_fn! {
    pub(super) fn backward(y: &[f32], dy: &mut [f32], width: usize) {
        let width = width.max(1);
        if DEVICE {
            return for_rows(y, dy, width, row_back);
        }
        for (y, dy) in y.chunks_exact(width).zip(dy.chunks_exact_mut(width)) {
            row_back(y, dy);
        }
    }
}

#[inline(always)]
fn row_back(y: &[f32], dy: &mut [f32]) {
    let mean = dot(y, dy);
    for (dy, y) in dy.iter_mut().zip(y) {
        rolled();
        *dy = y * (*dy - mean);
    }
}

/// Calls `f` for each row of both, on a microcontroller: two iterators over chunks together divide by a width that may be 0.
#[inline(always)]
fn for_rows(mut y: &[f32], mut dy: &mut [f32], width: usize, f: impl Fn(&[f32], &mut [f32])) {
    while let Some((first, rest)) = y.split_at_checked(width)
        && let Some((d_first, others)) = dy.split_at_mut_checked(width)
    {
        f(first, d_first);
        (y, dy) = (rest, others);
    }
}

simd_fn! {
    /// `z` becomes the logarithm of its softmax over rows of `width`.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn log_forward(z: &mut [f32], width: usize) {
        for row in z.chunks_exact_mut(width.max(1)) {
            shift(row);
            let log = math::ln(sum_exp(row));
            for v in row {
                rolled();
                *v -= log;
            }
        }
    }
}

simd_fn! {
    pub(super) fn log_backward(y: &[f32], dy: &mut [f32], width: usize) {
        let width = width.max(1);
        if DEVICE {
            return for_rows(y, dy, width, log_row_back);
        }
        for (y, dy) in y.chunks_exact(width).zip(dy.chunks_exact_mut(width)) {
            log_row_back(y, dy);
        }
    }
}

#[inline(always)]
fn log_row_back(y: &[f32], dy: &mut [f32]) {
    let total = sum(dy);
    for (dy, y) in dy.iter_mut().zip(y) {
        rolled();
        *dy -= math::exp(*y) * total;
    }
}
