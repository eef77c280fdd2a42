//! A matrix with rows and columns exchanged.

#![allow(unsafe_code)]

use super::select::micro_kernel;
use crate::kernels::dispatch::{Isa, isa};

/// Writes the columns of a matrix with `m` rows of `n` elements as rows.
///
/// # Panics
/// When one of them has another size.
pub(in crate::kernels) fn transpose(size: [usize; 2], from: &[f32], to: &mut [f32]) {
    // SAFETY: the CPU has the instructions that `isa` chooses.
    unsafe { on(isa(), size, from, to) }
}

/// # Safety
/// The CPU has the instructions.
unsafe fn on(isa: Isa, [m, n]: [usize; 2], from: &[f32], to: &mut [f32]) {
    assert!(
        m.checked_mul(n) == Some(from.len()) && from.len() == to.len(),
        "transpose: not m by n"
    );
    if let Some(columns) = micro_kernel(isa).transpose {
        // SAFETY: both have that size; the CPU has the instructions.
        return unsafe { columns([m, n], from.as_ptr(), n, to.as_mut_ptr(), m) };
    }
    // Blocks that stay in the cache.
    for j in (0..n).step_by(16) {
        for (i, row) in from.chunks_exact(n).enumerate() {
            let columns = j..n.min(j + 16);
            for (j, x) in columns.clone().zip(&row[columns]) {
                to[j * m + i] = *x;
            }
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn every_element_has_its_place() {
        for [m, n] in [[1, 1], [3, 20], [8, 16], [17, 9], [40, 33], [0, 4], [4, 0]] {
            let from: Vec<f32> = (0..m * n).map(|i| i as f32).collect();
            for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
                let mut to = std::vec![-1.0; m * n];
                // SAFETY: only those that are available.
                unsafe { on(isa, [m, n], &from, &mut to) };
                for (place, x) in to.into_iter().enumerate() {
                    assert_eq!(x, from[place % m * n + place / m], "{isa:?} {m} {n}");
                }
            }
        }
    }
}
