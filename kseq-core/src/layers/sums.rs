//! Sums of neighbouring values.

use crate::base::part::array;
use crate::kernels::dispatch::{Wide, narrow};

/// Values whose 16 sums stay in `f32`; these blocks are added as [`Wide`]s.
const BLOCK: usize = 1024;

/// The sum of `f` over two slices, in blocks.
#[inline(always)]
pub fn sum(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    if x.len() <= BLOCK {
        return block_sum(x, y, f);
    }
    let blocks = x.chunks(BLOCK).zip(y.chunks(BLOCK));
    let blocks = blocks.map(|(x, y)| Wide::from(block_sum(x, y, &f)));
    narrow(blocks.sum())
}

/// The sum of `f` over two slices, in 16 interleaved sums.
#[inline(always)]
fn block_sum(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<16>(), y.as_chunks::<16>());
    let mut sums = [0.0; 16];
    for (x, y) in x.iter().zip(y) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += f(*x, *y);
        }
    }
    let mut rest = 0.0;
    for (x, y) in x_rest.iter().zip(y_rest) {
        rest += f(*x, *y);
    }
    by_halves(sums) + rest
}

/// The sum of all: one after the other they would take longer than the values of a short group.
#[inline(always)]
fn by_halves(sums: [f32; 16]) -> f32 {
    // The compiler must not see both loops at once: it would turn the order of the sums around, for each value that is added.
    let sums = core::hint::black_box(sums);
    let [a, b, c, d] = halves::<4>(&halves::<8>(&sums));
    (a + c) + (b + d)
}

/// The first `N` values plus the `N` others.
#[inline(always)]
fn halves<const N: usize>(values: &[f32]) -> [f32; N] {
    let (mut sums, others) = (*array::<N>(values, 0), array::<N>(values, N));
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += other;
    }
    sums
}
