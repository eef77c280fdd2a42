//! Sums in parts, which are added in order.

use crate::pool::Pool;

/// So many parts has a sum at most; they are added in order, whatever the number of threads.
const PARTS: usize = 64;

/// The sum of `f(first, end)` over `0..n` in parts of at least `grain`.
pub(super) fn in_parts(
    n: usize,
    grain: usize,
    f: impl Fn(usize, usize) -> f32 + Sync,
    pool: &Pool,
) -> f32 {
    let each = n.div_ceil(PARTS).max(grain).max(1);
    let mut parts = [0.0; PARTS];
    let count = n.div_ceil(each);
    let used = parts.get_mut(..count).unwrap_or_default();
    pool.for_each_chunk(used, 1, |i, part| {
        for part in part {
            *part = f(i * each, n.min((i + 1) * each));
        }
    });
    used.iter().map(|part| f64::from(*part)).sum::<f64>() as f32
}
