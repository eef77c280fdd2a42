//! `OrthogonalRegularizer`: how far the rows (or columns) of a matrix are from orthogonal.
//!
//! With the vectors w_i and n_i = w_i / |w_i| the value is the mean of |n_i . n_j| over all pairs, and
//! its derivative by w_i is the mean over j of `sign(n_i . n_j) (n_j - (n_i . n_j) n_i) / |w_i|`.
//! Nothing is stored but the products of one vector with a block of others.

use super::parts::in_parts;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::{axpy, sum_of_squares};
use crate::pool::Pool;

/// Vectors whose products are taken together.
const BLOCK: usize = 64;

/// Keras's `epsilon`: a shorter vector is divided by this instead of its norm.
const EPSILON: f32 = 1e-7;

/// Which vectors of a matrix `OrthogonalRegularizer` makes orthogonal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Mode {
    /// Its rows.
    Rows,
    /// Its columns.
    Columns,
}

/// The rows or columns of a matrix.
pub(super) struct Vectors<'a> {
    w: &'a [f32],
    cols: usize,
    /// How many vectors.
    count: usize,
    columns: bool,
}

/// One vector against a block of others.
struct Block {
    /// `w_i . w_j`
    dots: [f32; BLOCK],
    /// `1 / |w_j|`
    inverse: [f32; BLOCK],
    len: usize,
}

impl<'a> Vectors<'a> {
    /// Of a matrix of this shape; of anything else there are none.
    pub(super) fn of(w: &'a [f32], shape: &[usize], mode: Mode) -> Self {
        let (rows, cols) = match *shape {
            [rows, cols] if rows * cols == w.len() => (rows, cols),
            _ => (0, 0),
        };
        let columns = mode == Mode::Columns;
        Vectors {
            w,
            cols: cols.max(1),
            count: if columns { cols } else { rows },
            columns,
        }
    }

    fn row(&self, i: usize) -> &'a [f32] {
        self.w
            .get(i * self.cols..(i + 1) * self.cols)
            .unwrap_or_default()
    }

    /// `1 / |w_i|`, and whether the norm is that of the vector.
    fn inverse(&self, i: usize) -> (f32, bool) {
        let square = if self.columns {
            let column = self.w.iter().skip(i).step_by(self.cols.max(1));
            column.map(|w| w * w).sum()
        } else {
            sum_of_squares(self.row(i))
        };
        inverse_norm(square)
    }

    /// Vector `i` against the vectors from `first`.
    fn block(&self, i: usize, first: usize) -> Block {
        let len = BLOCK.min(self.count - first);
        let mut squares = [0.0; BLOCK];
        let mut block = Block {
            dots: [0.0; BLOCK],
            inverse: [0.0; BLOCK],
            len,
        };
        if self.columns {
            for row in self.w.chunks_exact(self.cols.max(1)) {
                let others = row.get(first..first + len).unwrap_or_default();
                let own = row.get(i).copied().unwrap_or(0.0);
                axpy(own, others, block.dots.get_mut(..len).unwrap_or_default());
                for (square, w) in squares.iter_mut().zip(others) {
                    *square += w * w;
                }
            }
        } else {
            let own = self.row(i);
            let results = block.dots.iter_mut().zip(&mut squares);
            for (j, (dot, square)) in results.take(len).enumerate() {
                let other = self.row(first + j);
                *dot = product(own, other);
                *square = sum_of_squares(other);
            }
        }
        for (inverse, square) in block.inverse.iter_mut().zip(squares) {
            *inverse = inverse_norm(square).0;
        }
        block
    }

    /// The number of pairs.
    fn pairs(&self) -> f32 {
        self.count as f32 * (self.count as f32 - 1.0) / 2.0
    }

    /// The mean of |n_i . n_j| over all pairs; 0 without any.
    pub(super) fn mean_cosine(&self, pool: &Pool) -> f32 {
        if self.count < 2 {
            return 0.0;
        }
        let row = |i: usize| {
            let (own, _) = self.inverse(i);
            let mut sum = 0.0;
            let mut first = 0;
            while first < i {
                let block = self.block(i, first);
                let before = block.len.min(i - first);
                let all = block.dots.iter().zip(&block.inverse).take(before);
                sum += all.map(|(dot, inverse)| (dot * inverse).abs()).sum::<f32>() * own;
                first += BLOCK;
            }
            sum
        };
        let part = |first, end| (first..end).map(row).sum();
        in_parts(self.count, 1, part, pool) / self.pairs()
    }

    /// Adds `factor` times the derivative of the mean.
    pub(super) fn add_gradient(&self, factor: f32, gradient: &mut [f32], pool: &Pool) {
        if self.count < 2 || gradient.len() != self.w.len() {
            return;
        }
        let factor = factor / self.pairs();
        if self.columns {
            for i in 0..self.count {
                self.add_to_column(i, factor, gradient);
            }
        } else {
            pool.for_each_chunk(gradient, self.cols, |i, gradient| {
                self.add_to_row(i, factor, gradient);
            });
        }
    }

    /// The coefficients `sign(n_i . n_j) / |w_j|` of a block, in the place of the products, and the sum
    /// of |n_i . n_j|.
    fn coefficients(&self, i: usize, first: usize, own: f32) -> (Block, f32) {
        let mut block = self.block(i, first);
        let mut sum = 0.0;
        let all = block.dots.iter_mut().zip(&block.inverse).take(block.len);
        for (j, (dot, inverse)) in all.enumerate() {
            let cosine = *dot * inverse * own;
            if first + j == i || cosine == 0.0 {
                *dot = 0.0;
            } else {
                sum += cosine.abs();
                *dot = inverse.copysign(cosine);
            }
        }
        (block, sum)
    }

    fn add_to_row(&self, i: usize, factor: f32, gradient: &mut [f32]) {
        let (own, is_norm) = self.inverse(i);
        let mut total = 0.0;
        for first in (0..self.count).step_by(BLOCK) {
            let (block, sum) = self.coefficients(i, first, own);
            total += sum;
            for (j, coefficient) in block.dots.iter().take(block.len).enumerate() {
                axpy(factor * own * coefficient, self.row(first + j), gradient);
            }
        }
        if is_norm {
            axpy(-factor * own * own * total, self.row(i), gradient);
        }
    }

    fn add_to_column(&self, i: usize, factor: f32, gradient: &mut [f32]) {
        let (own, is_norm) = self.inverse(i);
        let mut total = 0.0;
        for first in (0..self.count).step_by(BLOCK) {
            let (block, sum) = self.coefficients(i, first, own);
            total += sum;
            let rows = self.w.chunks_exact(self.cols.max(1));
            for (w, g) in rows.zip(gradient.chunks_exact_mut(self.cols.max(1))) {
                let others = w.get(first..first + block.len).unwrap_or_default();
                if let Some(g) = g.get_mut(i) {
                    *g += factor * own * product(&block.dots, others);
                }
            }
        }
        if is_norm {
            let column = self.w.iter().skip(i).step_by(self.cols.max(1));
            for (g, w) in gradient
                .iter_mut()
                .skip(i)
                .step_by(self.cols.max(1))
                .zip(column)
            {
                *g -= factor * own * own * total * w;
            }
        }
    }
}

/// Keras's `min(rsqrt(square), 1 / epsilon)`, and whether it is the first.
fn inverse_norm(square: f32) -> (f32, bool) {
    let inverse = 1.0 / crate::math::sqrt(square);
    let most = 1.0 / EPSILON;
    (inverse.min(most), inverse <= most)
}

/// Lanes of a product.
const LANES: usize = 16;

simd_fn! {
    fn product(a: &[f32], b: &[f32]) -> f32 {
        let mut lanes = [0.0f32; LANES];
        let len = a.len().min(b.len());
        let (a, a_rest) = a.get(..len).unwrap_or_default().as_chunks::<LANES>();
        let (b, b_rest) = b.get(..len).unwrap_or_default().as_chunks::<LANES>();
        for (a, b) in a.iter().zip(b) {
            for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
                *lane += a * b;
            }
        }
        for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
            *lane += a * b;
        }
        lanes.iter().sum()
    }
}
