//! What is done to each value with numbers of its channel. Those of few channels are repeated until they fill vectors: a row of six
//! values alone leaves most of a vector empty.

use crate::base::part::{rows, rows_mut};
use crate::kernels::dispatch::{DEVICE, simd_fn};
use crate::kernels::fpu::rolled;

/// Room for the numbers of all columns.
pub(super) const COLUMNS: usize = if DEVICE { 1 } else { 1024 };

/// How many columns the rows of `n` channels become when several are taken as one, at least `least`: `n` if they are left alone, as
/// those that fill vectors and those of few values are.
#[inline(always)]
pub(super) fn columns(n: usize, len: usize, least: usize) -> usize {
    if DEVICE || n >= 64 || n.is_multiple_of(16) {
        return n;
    }
    let twos = n.trailing_zeros();
    // Whole tiles of sums, or at least whole vectors.
    let [tiles, vectors] = [6, 4].map(|bits| n << (bits - twos.min(bits)));
    let mut columns = if tiles <= COLUMNS { tiles } else { vectors };
    while columns < least {
        columns *= 2;
    }
    if len < 4 * columns { n } else { columns }
}

/// The numbers of the channels, again and again.
#[inline(always)]
pub(super) fn spread<'a>(
    numbers: &[f32],
    columns: usize,
    room: &'a mut [f32; COLUMNS],
) -> &'a [f32] {
    let all = room.get_mut(..columns).unwrap_or_default();
    for row in all.chunks_mut(numbers.len().max(1)) {
        row.iter_mut()
            .zip(numbers)
            .for_each(|(to, from)| *to = *from);
    }
    all
}

/// Columns whose numbers are loaded for few values more than these.
const MANY: usize = 256;

simd_fn! {
    /// `y = (x - mean) a + b`
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn apply(x: &[f32], y: &mut [f32], mean: &[f32], a: &[f32], b: &[f32]) {
        let n = mean.len();
        let columns = columns(n, x.len(), MANY);
        if columns > n {
            let mut room = [[0.0; COLUMNS]; 3];
            let [at, of_a, of_b] = &mut room;
            let mean = spread(mean, columns, at);
            let (a, b) = (spread(a, columns, of_a), spread(b, columns, of_b));
            for (x, y) in x.chunks(columns).zip(y.chunks_mut(columns)) {
                apply_row(x, y, mean, a, b);
            }
            return;
        }
        for (x, y) in rows(x, n).zip(rows_mut(y, n)) {
            apply_row(x, y, mean, a, b);
        }
    }
}

#[inline(always)]
fn apply_row(x: &[f32], y: &mut [f32], mean: &[f32], a: &[f32], b: &[f32]) {
    for ((((y, x), mean), a), b) in y.iter_mut().zip(x).zip(mean).zip(a).zip(b) {
        rolled();
        *y = (x - mean) * a + b;
    }
}

simd_fn! {
    /// `dx = (dy - b - (x - mean) c) a`.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn apply_back(x: &[f32], dy: &[f32], dx: &mut [f32], mean: &[f32], a: &[f32], b: &[f32], c: &[f32]) {
        let n = mean.len();
        let columns = columns(n, x.len(), MANY);
        if columns > n {
            let mut room = [[0.0; COLUMNS]; 4];
            let [at, of_a, of_b, of_c] = &mut room;
            let (mean, a) = (spread(mean, columns, at), spread(a, columns, of_a));
            let (b, c) = (spread(b, columns, of_b), spread(c, columns, of_c));
            let rows = x.chunks(columns).zip(dy.chunks(columns));
            for ((x, dy), dx) in rows.zip(dx.chunks_mut(columns)) {
                back_row(x, dy, dx, mean, a, b, c);
            }
            return;
        }
        let rows = rows(x, n).zip(rows(dy, n)).zip(rows_mut(dx, n));
        for ((x, dy), dx) in rows {
            back_row(x, dy, dx, mean, a, b, c);
        }
    }
}

#[inline(always)]
fn back_row(x: &[f32], dy: &[f32], dx: &mut [f32], mean: &[f32], a: &[f32], b: &[f32], c: &[f32]) {
    let values = dx.iter_mut().zip(x).zip(dy).zip(mean).zip(a).zip(b).zip(c);
    for ((((((dx, x), dy), mean), a), b), c) in values {
        rolled();
        *dx = (dy - b - (x - mean) * c) * a;
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    /// Small integers, so that each result is exact.
    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7 + seed) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn every_number_of_channels() {
        for n in [1, 2, 3, 5, 6, 10, 16, 24, 32, 48, 63, 64, 65] {
            for rows in [1, 7, 100, 1_100] {
                let (x, dy) = (numbers(n * rows, 1), numbers(n * rows, 2));
                let [mean, a, b, c] = [3, 4, 5, 6].map(|seed| numbers(n, seed));
                let (mut y, mut dx) = (vec![0.5; n * rows], vec![0.5; n * rows]);
                apply(&x, &mut y, &mean, &a, &b);
                apply_back(&x, &dy, &mut dx, &mean, &a, &b, &c);
                for i in 0..n * rows {
                    let k = i % n;
                    assert_eq!(y[i], (x[i] - mean[k]) * a[k] + b[k], "{n}, {rows}");
                    let back = (dy[i] - b[k] - (x[i] - mean[k]) * c[k]) * a[k];
                    assert_eq!(dx[i], back, "{n}, {rows}");
                }
            }
        }
    }

    #[test]
    fn columns_are_whole_rows_that_have_room() {
        for n in (1..64).filter(|n| n % 16 != 0) {
            let columns = columns(n, usize::MAX, MANY);
            if DEVICE {
                assert_eq!(columns, n, "rows stay as they are");
                continue;
            }
            assert!(columns.is_multiple_of(n) && columns.is_multiple_of(16));
            assert!((MANY..=COLUMNS).contains(&columns));
        }
        assert_eq!(columns(6, 100, MANY), 6);
        assert_eq!(columns(64, usize::MAX, MANY), 64);
    }
}
