//! Loops over long vectors that layers and optimizers share.
//!
//! They run on the calling thread unless they take a [`Pool`]. All instruction sets give the same bits.

use super::dispatch::{DEVICE, simd_fn};
use super::fpu::rolled;
use crate::pool::Pool;

/// Lanes of a sum: a fixed number, so that the result does not depend on the width of the vectors.
const LANES: usize = 64;

/// Rows whose sum stays in `f32`; such blocks are added as `f64`.
const ROWS: usize = 128;

/// Elements in one column block of [`add_column_sums`]: what one thread takes.
const COLUMNS: usize = 256;

simd_fn! {
    /// Adds `bias` to every row of `rows`.
    ///
    /// # Panics
    ///
    /// When `rows` is not a whole number of rows. (On a microcontroller what does not fit is left out.)
    pub fn add_bias(rows: &mut [f32], bias: &[f32]) {
        if bias.is_empty() {
            assert!(DEVICE || rows.is_empty(), "add_bias: rows without columns");
            return;
        }
        assert!(DEVICE || rows.len().is_multiple_of(bias.len()), "add_bias: not a whole number of rows");
        for row in rows.chunks_exact_mut(bias.len()) {
            for (y, b) in row.iter_mut().zip(bias) {
                *y += b;
            }
        }
    }
}

/// Adds the sum of each column of `rows` to `sums`, the gradient of [`add_bias`]. Each sum is taken in blocks from the
/// first row to the last, whatever the number of threads.
///
/// # Panics
///
/// When `rows` is not a whole number of rows. (On a microcontroller what does not fit is left out.)
pub fn add_column_sums(sums: &mut [f32], rows: &[f32], pool: &Pool) {
    if sums.is_empty() {
        assert!(
            DEVICE || rows.is_empty(),
            "add_column_sums: rows without columns"
        );
        return;
    }
    add_first_column_sums(sums, rows, sums.len(), pool);
}

/// The same for the first columns of `rows` with `n` columns.
///
/// # Panics
///
/// When `rows` is not a whole number of rows, or has fewer columns. (On a microcontroller what does not fit is left out.)
pub(crate) fn add_first_column_sums(sums: &mut [f32], rows: &[f32], n: usize, pool: &Pool) {
    if DEVICE {
        // What does not fit is left out: a panic would be in the firmware.
        return block_sums(sums, rows, n.max(1), 0);
    }
    assert!(sums.len() <= n, "add_column_sums: too few columns");
    assert!(
        rows.len().is_multiple_of(n),
        "add_column_sums: not a whole number of rows"
    );
    // One thread reads 1 MiB in less time than another takes to wake up.
    let block = if rows.len() < 1 << 18 {
        sums.len()
    } else {
        COLUMNS
    };
    pool.for_each_chunk(sums, block, |index, sums| {
        block_sums(sums, rows, n, index * block)
    });
}

simd_fn! {
    /// Columns `first..first + sums.len()` of `rows` with `n` columns. Four rows at a time, to load and store the sums less.
    fn block_sums(sums: &mut [f32], rows: &[f32], n: usize, first: usize) {
        if DEVICE {
            for row in rows.chunks_exact(n) {
                let row = row.get(first..).unwrap_or_default();
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            return;
        }
        let m = rows.len() / n;
        if m <= ROWS {
            return add_rows(sums, rows, n, first);
        }
        // So many rows that an `f32` would lose digits.
        for (i, sums) in sums.chunks_mut(COLUMNS).enumerate() {
            let mut totals = [0.0; COLUMNS];
            for rows in rows.chunks(ROWS * n) {
                let mut part = [0.0; COLUMNS];
                let part = &mut part[..sums.len()];
                add_rows(part, rows, n, first + i * COLUMNS);
                for (total, part) in totals.iter_mut().zip(part) {
                    *total += f64::from(*part);
                }
            }
            for (sum, total) in sums.iter_mut().zip(totals) {
                *sum = (f64::from(*sum) + total) as f32;
            }
        }
    }
}

/// One row after the other.
#[inline(always)]
fn add_rows(sums: &mut [f32], rows: &[f32], n: usize, first: usize) {
    let width = sums.len();
    let columns = |row: usize| &rows[row * n + first..][..width];
    let m = rows.len() / n;
    {
        let mut i = 0;
        while i + 4 <= m {
            let [a, b, c, d] = [columns(i), columns(i + 1), columns(i + 2), columns(i + 3)];
            for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum = *sum + a + b + c + d;
            }
            i += 4;
        }
        for i in i..m {
            for (sum, a) in sums.iter_mut().zip(columns(i)) {
                *sum += a;
            }
        }
    }
}

simd_fn! {
    /// Where the first value is that is NaN or infinite, if there is one.
    ///
    /// ```
    /// use kseq_core::kernels::elementwise::first_not_finite;
    ///
    /// assert_eq!(first_not_finite(&[0.0, 1e38, f32::NAN, f32::INFINITY]), Some(2));
    /// assert_eq!(first_not_finite(&[f32::MIN, -0.0]), None);
    /// ```
    pub fn first_not_finite(x: &[f32]) -> Option<usize> {
        /// Values without a branch for each.
        const SOME: usize = 256;
        const EXPONENT: u32 = 0x7f80_0000;
        let wrong = |v: &f32| v.to_bits() & EXPONENT == EXPONENT;
        if DEVICE {
            return x.iter().position(|v| {
                rolled();
                wrong(v)
            });
        }
        for (i, some) in x.chunks(SOME).enumerate() {
            if some.iter().map(|v| u32::from(wrong(v))).sum::<u32>() > 0 {
                return some.iter().position(wrong).map(|at| i * SOME + at);
            }
        }
        None
    }
}

/// The sum of `f`: 64 interleaved sums for each block, the blocks in `f64`.
#[inline(always)]
fn sum_in_blocks(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    if DEVICE {
        return x.iter().fold(0.0, |sum, x| sum + f(*x));
    }
    let mut total = 0.0;
    for block in x.chunks(64 * LANES) {
        let (chunks, rest) = block.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += f(*x);
            }
        }
        for (sum, x) in sums.iter_mut().zip(rest) {
            *sum += f(*x);
        }
        total += f64::from(sums.iter().sum::<f32>());
    }
    total as f32
}

simd_fn! {
    /// The sum of squares, in one fixed order of 64 interleaved sums.
    pub fn sum_of_squares(x: &[f32]) -> f32 {
        sum_in_blocks(x, |x| x * x)
    }
}

simd_fn! {
    /// The sum of absolute values, in the same order.
    pub fn sum_of_abs(x: &[f32]) -> f32 {
        sum_in_blocks(x, |x| x.abs())
    }
}

simd_fn! {
    /// y += a x
    ///
    /// # Panics
    ///
    /// When the lengths differ. (On a microcontroller what does not fit is left out.)
    pub fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
        assert!(DEVICE || x.len() == y.len(), "axpy: lengths differ");
        for (y, x) in y.iter_mut().zip(x) {
            *y += a * x;
        }
    }
}

simd_fn! {
    /// y *= a
    pub fn scale(a: f32, y: &mut [f32]) {
        for y in y {
            *y *= a;
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i % 23) as f32 - 11.0).collect()
    }

    #[test]
    fn bias_and_its_gradient() {
        for (m, n) in [(1, 1), (3, 5), (4, 16), (9, 33), (0, 7)] {
            let (mut y, bias) = (numbers(m * n), numbers(n));
            let before = y.clone();
            add_bias(&mut y, &bias);
            assert!((0..m * n).all(|i| y[i] == before[i] + bias[i % n]));
            let mut sums = bias.clone();
            add_column_sums(&mut sums, &y, &Pool::Serial);
            // Small integers: exact in any order.
            let sum = |j: usize| bias[j] + (0..m).map(|i| y[i * n + j]).sum::<f32>();
            assert!((0..n).all(|j| sums[j] == sum(j)));
        }
        add_bias(&mut [], &[]);
        add_column_sums(&mut [], &[], &Pool::Serial);
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn column_sums_on_threads_are_the_same_bits() {
        let (m, n) = (401, 700);
        let rows: Vec<f32> = numbers(m * n)
            .iter()
            .enumerate()
            .map(|(i, x)| x / (i % 7 + 3) as f32)
            .collect();
        let [mut one, mut two] = [numbers(n), numbers(n)];
        add_column_sums(&mut one, &rows, &Pool::Serial);
        let pool = Pool::of(2).expect("a pool");
        add_column_sums(&mut two, &rows, &pool);
        assert_eq!(one, two);
        // Ascending rows, one after the other, in blocks.
        for j in [0, 255, 256, 699] {
            let mut sum = 0.0;
            for first in (0..m).step_by(ROWS) {
                let rows = (first..m).take(ROWS).map(|i| rows[i * n + j]);
                sum += f64::from(rows.fold(0.0, |sum, x| sum + x));
            }
            let sum = (f64::from(numbers(n)[j]) + sum) as f32;
            assert_eq!(one[j].to_bits(), sum.to_bits());
        }
    }

    #[test]
    fn vectors() {
        for n in [0, 1, 63, 64, 65, 200] {
            let (x, mut y) = (numbers(n), numbers(n));
            assert_eq!(sum_of_squares(&x), x.iter().map(|x| x * x).sum::<f32>());
            axpy(0.5, &x, &mut y);
            assert!((0..n).all(|i| y[i] == 1.5 * x[i]));
            scale(-2.0, &mut y);
            assert!((0..n).all(|i| y[i] == -3.0 * x[i]));
        }
    }
}
