//! How the outputs of two ways become one, forth and back. What the second one gives for its steps comes in the order of its
//! work, so its last step is the first one.

use crate::base::part::{copy, part, part_mut};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::fpu::{rolled, unknown_many};
use crate::pool::{Pool, rows_of};

/// `merge_mode = "concat"`: side by side.
pub const CONCAT: u8 = 0;
/// `merge_mode = "sum"`
pub const SUM: u8 = 1;
/// `merge_mode = "mul"`
pub const MUL: u8 = 2;
/// `merge_mode = "ave"`
pub const AVE: u8 = 3;

/// What is to be done with outputs of so many steps, rows of `width` values each.
#[derive(Clone, Copy)]
pub struct Merge {
    /// [`CONCAT`], [`SUM`], [`MUL`] or [`AVE`].
    pub mode: u8,
    /// 1 where only the last step comes out.
    pub steps: usize,
    /// Rows of a step: pixels.
    pub rows: usize,
    pub width: usize,
}

impl Merge {
    /// The width of a row of both.
    fn merged(&self) -> usize {
        match self.mode {
            CONCAT => 2 * self.width,
            _ => self.width,
        }
    }

    /// Where the second way has the row that belongs to row `row` of the first one.
    fn turned(&self, row: usize) -> usize {
        let (steps, rows) = (self.steps.max(1), self.rows.max(1));
        let (step, pixel) = (row / rows, row % rows);
        (step - step % steps + (steps - 1 - step % steps)) * rows + pixel
    }

    /// From the outputs of the two ways, `a` and `b`, to that of the layer.
    pub fn forward(&self, a: &[f32], b: &[f32], y: &mut [f32], pool: &Pool) {
        let (width, merged) = (self.width, self.merged().max(1));
        let len = rows_of(merged);
        pool.for_each_chunk(y, len, |i, y| {
            for (row, y) in (i * (len / merged)..).zip(y.chunks_exact_mut(merged)) {
                let a = part(a, row * width, width);
                let b = part(b, self.turned(row) * width, width);
                copy(part_mut(y, 0, width), a);
                match self.mode {
                    CONCAT => copy(part_mut(y, width, width), b),
                    MUL => multiply(y, b),
                    mode => mean(y, b, if mode == AVE { 0.5 } else { 1.0 }),
                }
            }
        });
    }

    /// From the gradient of the layer's output to those of the two ways. `kept` are their outputs, where they are multiplied.
    pub fn backward(&self, dy: &[f32], kept: &[f32], a: &mut [f32], b: &mut [f32], pool: &Pool) {
        let (of_a, of_b) = kept.split_at(kept.len() / 2);
        self.one_way(dy, of_b, a, false, pool);
        self.one_way(dy, of_a, b, true, pool);
    }

    fn one_way(&self, dy: &[f32], other: &[f32], to: &mut [f32], second: bool, pool: &Pool) {
        let (width, merged) = (self.width.max(1), self.merged());
        let first = if second { merged - self.width } else { 0 };
        let len = rows_of(width);
        pool.for_each_chunk(to, len, |i, to| {
            for (row, to) in (i * (len / width)..).zip(to.chunks_exact_mut(width)) {
                let turned = self.turned(row);
                let of = if second { turned } else { row };
                copy(to, part(dy, of * merged + first, width));
                match self.mode {
                    // What belongs to a row of one way is the turned row of the other one.
                    MUL => multiply(to, part(other, turned * width, width)),
                    AVE => halve(to),
                    _ => {}
                }
            }
        });
    }
}

simd_fn! {
    /// y *= x
    fn multiply(y: &mut [f32], x: &[f32]) {
        for (y, x) in unknown_many(y).iter_mut().zip(x) {
            rolled();
            *y *= x;
        }
    }
}

simd_fn! {
    /// y = (y + x) factor
    fn mean(y: &mut [f32], x: &[f32], factor: f32) {
        for (y, x) in unknown_many(y).iter_mut().zip(x) {
            rolled();
            *y = (*y + x) * factor;
        }
    }
}

simd_fn! {
    fn halve(y: &mut [f32]) {
        for y in unknown_many(y) {
            rolled();
            *y *= 0.5;
        }
    }
}
