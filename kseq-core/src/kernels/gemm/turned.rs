//! Products of few columns whose A is a transposed matrix, as the gradient of a narrow dense layer's kernel is: columns in the place
//! of rows, since ten of them fill no vector. Both matrices are read in place, and only the sums are turned around.

#![allow(unsafe_code)]

use super::micro_kernel::{MicroKernel, Transpose};
use super::product::Product;
use core::mem::MaybeUninit;

/// Columns of C that are turned into rows: more fill most of a vector.
const MOST: usize = 12;

/// Rows of C at a time, as many as the widest panel has columns.
const ROWS: usize = 128;

#[repr(C, align(64))]
struct Sums(MaybeUninit<[f32; MOST * ROWS]>);

impl Product {
    /// Whether it pays: so many sums and terms that turning the sums around is little work.
    pub(super) fn is_turned(&self) -> bool {
        let plain = self.bias.is_null() && !self.relu && !self.narrow && self.lines == 1;
        plain
            && (self.ars, self.bcs) == (1, 1)
            && (2..=MOST).contains(&self.n)
            && self.m >= 48
            && self.k >= 32
    }
}

impl MicroKernel {
    /// C' = B' A', some columns at a time, which are then written as rows of C.
    ///
    /// # Safety
    /// As for [`MicroKernel::run`]; the product [is one of these](Product::is_turned).
    pub(super) unsafe fn turned(&self, product: &Product, transpose: Transpose) {
        let mut sums = Sums(MaybeUninit::uninit());
        let tile: *mut f32 = sums.0.as_mut_ptr().cast();
        let Product { m, n, ldc, .. } = *product;
        let mut i = 0;
        while i < m {
            let rows = (self.width)(n, m - i).min(ROWS);
            // SAFETY: elements of the matrices, and their places among the sums, which the panel reads if they start from C.
            unsafe {
                let c = product.c.add(i * ldc);
                let panel = Product {
                    m: n,
                    n: rows,
                    a: product.b,
                    ars: 1,
                    acs: product.brs,
                    b: product.a.add(i),
                    brs: product.acs,
                    c: tile,
                    ldc: ROWS,
                    ..*product
                };
                if product.accumulate {
                    transpose([rows, n], c, ldc, tile, ROWS);
                }
                (self.panel)(&panel);
                transpose([n, rows], tile, ROWS, c, ldc);
            }
            i += rows;
        }
    }
}
