//! An activation of a whole batch, forth and back, by tasks of whole rows.

use crate::kernels::dispatch::DEVICE;
use crate::pool::{Pool, rows_of};

/// An activation in the place of its input.
pub fn activate(y: &mut [f32], f: fn(&mut [f32], usize), width: usize, pool: &Pool) {
    if DEVICE {
        return f(y, width);
    }
    pool.for_each_chunk(y, rows_of(width), |_, y| f(y, width));
}

/// The gradient before an activation, in the place of the gradient after it; `x` is what the
/// activation keeps of its input, or nothing.
pub fn back_activation(
    y: &[f32],
    x: &[f32],
    dy: &mut [f32],
    f: fn(&[f32], &[f32], &mut [f32], usize),
    width: usize,
    pool: &Pool,
) {
    let len = rows_of(width);
    pool.for_each_chunk(dy, len, |i, dy| {
        let part = i * len..i * len + dy.len();
        let x = x.get(part.clone()).unwrap_or_default();
        if let Some(y) = y.get(part) {
            f(y, x, dy, width);
        }
    });
}
