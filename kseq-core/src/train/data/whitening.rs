//! The directions in which samples vary, and the matrix that makes them all vary alike.
#![expect(
    clippy::indexing_slicing,
    reason = "matrices of `len` times `len` values, gone through by row and column"
)]

use std::vec;
use std::vec::Vec;

/// Rounds over all pairs, at most: each about squares what is left.
const ROUNDS: usize = 30;

/// For samples of `len` values, one after the other and centered, `u diag(sqrt(n) / (s + epsilon)) u^T` with the left
/// singular vectors u and singular values s of all samples as columns: Keras's ZCA. The rows of a square matrix.
pub(super) fn whitening(samples: &[f32], len: usize, epsilon: f64) -> Vec<f32> {
    let n = samples.len() / len.max(1);
    let mut products = vec![0.0_f64; len * len];
    for sample in samples.chunks_exact(len.max(1)) {
        for (i, row) in products.chunks_exact_mut(len).enumerate() {
            let a = f64::from(sample[i]);
            row.iter_mut()
                .zip(sample)
                .for_each(|(to, b)| *to += a * f64::from(*b));
        }
    }
    let vectors = eigen(&mut products, len);
    let mut order: Vec<usize> = (0..len).collect();
    let value = |i: &usize| products[i * len + i];
    order.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let mut matrix = vec![0.0_f64; len * len];
    // There are no more directions than samples.
    for i in order.iter().take(n) {
        let factor = libm::sqrt(n as f64) / (libm::sqrt(value(i).max(0.0)) + epsilon);
        let vector = &vectors[i * len..][..len];
        for (a, row) in vector.iter().zip(matrix.chunks_exact_mut(len)) {
            row.iter_mut()
                .zip(vector)
                .for_each(|(to, b)| *to += factor * a * b);
        }
    }
    matrix.into_iter().map(|v| v as f32).collect()
}

/// Turns a symmetric matrix until only its diagonal is left, the eigenvalues; the eigenvectors, one after the other. (Jacobi's
/// method.)
fn eigen(matrix: &mut [f64], n: usize) -> Vec<f64> {
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    for _ in 0..ROUNDS {
        let all: f64 = matrix.iter().map(|v| v * v).sum();
        let diagonal: f64 = (0..n).map(|i| matrix[i * n + i] * matrix[i * n + i]).sum();
        let is_left = all - diagonal > 1e-22 * all;
        // (Not of NaN.)
        if !is_left {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let off = matrix[p * n + q];
                if off == 0.0 {
                    continue;
                }
                let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * off);
                let t = theta.signum() / (theta.abs() + libm::sqrt(theta * theta + 1.0));
                let cos = 1.0 / libm::sqrt(t * t + 1.0);
                let sin = t * cos;
                for k in 0..n {
                    turn(matrix, k * n + p, k * n + q, sin, cos);
                }
                for k in 0..n {
                    turn(matrix, p * n + k, q * n + k, sin, cos);
                    turn(&mut vectors, p * n + k, q * n + k, sin, cos);
                }
            }
        }
    }
    vectors
}

fn turn(values: &mut [f64], a: usize, b: usize, sin: f64, cos: f64) {
    let (x, y) = (values[a], values[b]);
    values[a] = cos * x - sin * y;
    values[b] = sin * x + cos * y;
}
