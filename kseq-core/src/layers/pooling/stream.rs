//! Poolings of a sequence that comes step by step: the same for the largest value and the average.

use super::windows::Windows;
use crate::facts::Streaming;
use crate::layers::ring::{self, Ring};
use crate::pool::Pool;
use crate::shape::Shape;

/// How a pooling over windows of `reach` steps, `every` apart, works on single steps of `channels` values; `each` is what it would be
/// without steps to look back at.
pub(in crate::layers) const fn streaming(
    reach: usize,
    every: usize,
    channels: usize,
    each: Streaming,
) -> Streaming {
    Streaming {
        state: ring::len(reach, channels),
        delay: reach.saturating_sub(1),
        every,
        ..each
    }
}

/// The output at the next step, if there is one at this step, as `pool` makes it of a window.
pub(in crate::layers) fn stream(
    x: &[f32],
    state: &mut [f32],
    y: &mut [f32],
    [pool_size, strides]: [[usize; 3]; 2],
    pool: impl FnOnce(&[f32], &mut [f32], &Windows, &Pool),
    threads: &Pool,
) -> bool {
    let ([.., reach], [.., every]) = (pool_size, strides);
    let Some(ring) = Ring::with(state, x, every) else {
        return false;
    };
    if !ring.gives(reach, every) {
        return false;
    }
    let seen = Shape::new(&[reach, x.len()]);
    let w = Windows::new(seen, seen.with_dim(0, 1), pool_size, strides);
    pool(ring.window(), y, &w, threads);
    true
}
