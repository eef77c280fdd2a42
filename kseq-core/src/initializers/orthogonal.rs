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

#[cfg(feature = "std")]
pub(super) fn householder(a: &mut [f32], rows: usize, cols: usize) {
    use nalgebra::DMatrix;

    // Column-major, so a wide matrix is its transpose as it lies.
    let tall = if rows >= cols {
        DMatrix::from_row_slice(rows, cols, a)
    } else {
        DMatrix::from_column_slice(cols, rows, a)
    };
    let (mut q, r) = tall.qr().unpack();
    for (mut column, r) in q.column_iter_mut().zip(r.diagonal().iter()) {
        if *r < 0.0 {
            column.neg_mut();
        }
    }
    if rows >= cols {
        for (row, to) in q.row_iter().zip(a.chunks_exact_mut(cols)) {
            for (w, to) in row.iter().zip(to) {
                *to = *w;
            }
        }
    } else {
        for (to, w) in a.iter_mut().zip(q.iter()) {
            *to = *w;
        }
    }
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
