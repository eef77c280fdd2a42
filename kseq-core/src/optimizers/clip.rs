//! Norms of gradients: sums in one order, whatever the number of threads.

use super::chunks::CHUNK;
use crate::kernels::dispatch::simd_fn;
use crate::pool::Pool;

/// The sum of the squares of `g`, of chunks by halves.
pub(super) fn sum_of_squares(g: &[f32], pool: &Pool) -> f64 {
    sum(g, &squares, pool)
}

/// The sum of `squares`.
pub(super) fn sum_of(squares: &[f32], pool: &Pool) -> f64 {
    sum(squares, &plain, pool)
}

/// The factor that takes an array with this sum of squares down to the norm `clip`, as in Keras.
pub(super) fn scale(squares: f64, clip: f32) -> f32 {
    let norm = libm::sqrt(squares);
    if norm <= f64::from(clip) {
        1.0
    } else {
        (f64::from(clip) / norm) as f32 // NaN for NaN
    }
}

/// The same for the whole model, where Keras makes NaN of an infinite norm.
pub(super) fn global_scale(squares: f64, clip: f32) -> f32 {
    if squares.is_finite() {
        scale(squares, clip)
    } else {
        f32::NAN
    }
}

fn sum(x: &[f32], of_chunk: &(dyn Fn(&[f32]) -> f64 + Sync), pool: &Pool) -> f64 {
    let chunks = x.len().div_ceil(CHUNK);
    if chunks <= 1 {
        return of_chunk(x);
    }
    let (first, second) = x.split_at(chunks / 2 * CHUNK);
    let (first, second) = pool.join(
        || sum(first, of_chunk, pool),
        || sum(second, of_chunk, pool),
    );
    first + second
}

/// Independent sums, for vectors.
const LANES: usize = 16;

simd_fn! {
    fn squares(x: &[f32]) -> f64 {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for block in blocks {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum += f64::from(*x) * f64::from(*x);
            }
        }
        let rest = rest.iter().map(|x| f64::from(*x) * f64::from(*x));
        sums.iter().sum::<f64>() + rest.sum::<f64>()
    }
}

simd_fn! {
    fn plain(x: &[f32]) -> f64 {
        let (blocks, rest) = x.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for block in blocks {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum += f64::from(*x);
            }
        }
        sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x)).sum::<f64>()
    }
}
