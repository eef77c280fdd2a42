//! The orthonormal factor of a matrix.

use crate::rng::Rng;

/// `a`, rows of `cols`, becomes Q of A = Q R with R's diagonal positive; if there are more columns than
/// rows, the same of the transpose. Elements that do not fill a row stay.
pub(super) fn orthonormal(a: &mut [f32], cols: usize, rng: &mut Rng) {
    let rows = a.len() / cols;
    #[cfg(feature = "std")]
    {
        let _ = rng;
        let (a, _) = a.split_at_mut(rows * cols);
        householder(a, rows, cols);
    }
    #[cfg(not(feature = "std"))]
    gram_schmidt(a, rows, cols, rng);
}

/// Householder reflections in `f64`: one for each column of the tall matrix (of the transpose, if that is the tall one).
#[cfg(feature = "std")]
#[expect(
    clippy::indexing_slicing,
    reason = "columns and rows of a matrix, gone through by both"
)]
pub(super) fn householder(a: &mut [f32], rows: usize, cols: usize) {
    use std::vec;
    use std::vec::Vec;

    // Vector v, element i is at v * across + i * along; here all elements of a vector lie together.
    let (count, len, across, along) = if rows >= cols {
        (cols, rows, 1, cols)
    } else {
        (rows, cols, cols, 1)
    };
    if count == 0 || len == 0 {
        return;
    }
    let mut v: Vec<f64> = vec![0.0; count * len];
    for (k, vector) in v.chunks_exact_mut(len).enumerate() {
        let elements = a.iter().skip(k * across).step_by(along);
        for (x, element) in vector.iter_mut().zip(elements) {
            *x = f64::from(*element);
        }
    }
    // Vector k becomes the unit vector of the reflection that takes it to a multiple of the axis k.
    let mut negative = vec![false; count];
    for (k, negative) in negative.iter_mut().enumerate() {
        let (done, rest) = v.split_at_mut((k + 1) * len);
        let u = &mut done[k * len + k..];
        let norm = libm::sqrt(dot(u, u));
        // The diagonal of R has the other sign than the element there, so that nothing cancels.
        *negative = u[0] >= 0.0;
        u[0] += if *negative { norm } else { -norm };
        let scale = match libm::sqrt(dot(u, u)) {
            0.0 => 0.0,
            length => 1.0 / length,
        };
        u.iter_mut().for_each(|x| *x *= scale);
        for other in rest.chunks_exact_mut(len) {
            reflect(u, &mut other[k..]);
        }
    }
    // Q is the reflections of the axes, the last one first.
    let mut q = vec![0.0; len];
    for (j, negative) in negative.iter().enumerate() {
        q.fill(0.0);
        q[j] = if *negative { -1.0 } else { 1.0 };
        for k in (0..=j).rev() {
            reflect(&v[k * len + k..(k + 1) * len], &mut q[k..]);
        }
        let elements = a.iter_mut().skip(j * across).step_by(along);
        for (element, x) in elements.zip(&q) {
            *element = *x as f32;
        }
    }
}

/// Takes twice the part along the unit vector `u` off `x`.
#[cfg(feature = "std")]
fn reflect(u: &[f64], x: &mut [f64]) {
    let twice = 2.0 * dot(u, x);
    for (x, u) in x.iter_mut().zip(u) {
        *x -= twice * u;
    }
}

/// The inner product, in eight sums that the processor forms side by side.
#[cfg(feature = "std")]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Gram-Schmidt with sums in `f64`, each vector twice ("twice is enough", Kahan and Parlett): in place.
#[cfg_attr(feature = "std", allow(dead_code))]
pub(super) fn gram_schmidt(a: &mut [f32], rows: usize, cols: usize, rng: &mut Rng) {
    // Vector v, element i is at v * across + i * along.
    let (count, len, across, along) = if rows >= cols {
        (cols, rows, 1, cols)
    } else {
        (rows, cols, cols, 1)
    };
    let at = |a: &[f32], v: usize, i: usize| -> f64 {
        f64::from(a.get(v * across + i * along).copied().unwrap_or(0.0))
    };
    for v in 0..count {
        // Normal numbers depend on each other with probability 0; draw again all the same.
        for _attempt in 0..8 {
            for _twice in 0..2 {
                for u in 0..v {
                    let dot: f64 = (0..len).map(|i| at(a, u, i) * at(a, v, i)).sum();
                    for i in 0..len {
                        let projected = dot * at(a, u, i);
                        if let Some(w) = a.get_mut(v * across + i * along) {
                            *w = (f64::from(*w) - projected) as f32;
                        }
                    }
                }
            }
            let square: f64 = (0..len).map(|i| at(a, v, i) * at(a, v, i)).sum();
            let enough = square > 1e-10;
            let scale = 1.0 / libm::sqrt(square);
            for i in 0..len {
                if let Some(w) = a.get_mut(v * across + i * along) {
                    *w = if enough {
                        (f64::from(*w) * scale) as f32
                    } else {
                        rng.normal()
                    };
                }
            }
            if enough {
                break;
            }
        }
    }
}
