//! The product of a microcontroller: nothing is packed or copied, since there is no cache, and it needs some dozens of bytes of
//! stack. One small function for all shapes, called directly, so that a linker drops what a program does not use.
//!
//! Where the columns of B lie side by side, a row goes by 8 columns; what is left over, and products with a transposed matrix, by 4
//! columns, or by one. (Two rows at a time would save a sixth of the instructions of a batch, and be a fifth of the code of a training
//! by single samples.)
//!
//! An element is one chain of multiply-adds, terms ascending, fused where the target has the instruction, as with NEON. (That is for
//! the bits of the host and few instructions. By the manual of the Cortex-M4 a fused one takes three cycles, separate ones two.)

#![allow(unsafe_code)]

use super::epilogue::Epilogue;
use super::matrix::Mat;
use super::product::Product;
use crate::kernels::fpu::{NR, Tile, Vector, ZEROS, columns, finish, outer, rolled, rows, vector};

const BYTES: usize = size_of::<f32>();

/// Zeros, however many.
pub(super) const NOTHING: Mat<'static> = Mat {
    data: &[0.0],
    rs: 0,
    cs: 0,
};

/// Computes a product.
///
/// # Safety
/// All elements of the matrices can be accessed, nobody else accesses C, and its rows do not overlap; it has rows and terms, in one
/// line.
#[inline(never)]
pub(in crate::kernels) unsafe fn run(p: &Product) {
    // (The stride of a single row or column may be anything.)
    let mut t = Tile {
        a: p.a,
        b: p.b,
        c: p.c,
        start: ZEROS.as_ptr(),
        row_a: p.ars.wrapping_mul(BYTES),
        row_c: p.ldc.wrapping_mul(BYTES),
        row_start: 0,
        term_a: p.acs.wrapping_mul(BYTES),
        term_b: p.brs.wrapping_mul(BYTES),
        column_b: p.bcs.wrapping_mul(BYTES),
        line_a: 0,
        line_b: 0,
        terms: p.k,
        lines: 1,
        bias: p.bias,
        relu: usize::from(p.relu),
    };
    // Without branches, of which the compiler would make loops for each case.
    let follows = match p.accumulate {
        true => usize::MAX,
        false => 0,
    };
    let start = match p.accumulate {
        true => p.c.cast_const(),
        false => ZEROS.as_ptr(),
    };
    let bias_step = match p.bias.is_null() {
        true => 0,
        false => BYTES,
    };
    t.row_start = t.row_c & follows;
    let one_term = p.k == 1 && p.bias.is_null() && !p.relu;
    let mut j = 0;
    while j < p.n {
        let width = match p.n - j {
            NR.. if p.bcs == 1 => NR,
            4.. => 4,
            _ => 1,
        };
        (t.a, t.b) = (p.a, p.b.wrapping_add(j * p.bcs));
        t.c = p.c.wrapping_add(j);
        t.start = start.wrapping_byte_add((j * BYTES) & follows);
        t.bias = p.bias.wrapping_byte_add(j * bias_step);
        // SAFETY: tiles inside of the product.
        unsafe {
            if width == NR && one_term {
                outer(&t, p.m);
            } else {
                down(&mut t, p.m, width);
            }
        }
        j += width;
    }
}

/// A row times a matrix whose columns lie side by side, which has as many of them as `y` has elements: the step of an inference, of
/// which a program so links nothing else. (Sizes that do not fit give nothing: there is no panic to be linked for them.)
#[inline(always)]
pub(crate) fn row(x: &[f32], w: Mat<'_>, epilogue: Epilogue<'_>, y: &mut [f32]) {
    let (k, n, bias) = (x.len(), y.len(), epilogue.bias);
    let fits = w.cs == 1 && w.holds(k, n) && (bias.is_empty() || bias.len() == n);
    debug_assert!(fits, "row: the sizes do not fit");
    if !fits || n == 0 {
        return;
    }
    let y = y.as_mut_ptr();
    let (start, follows) = match epilogue.accumulate {
        true => (y.cast_const(), usize::MAX),
        false => (ZEROS.as_ptr(), 0),
    };
    let vector = Vector {
        x: x.as_ptr(),
        w: w.data.as_ptr(),
        y,
        start,
        follows,
        row: w.rs.wrapping_mul(BYTES),
        terms: k,
        columns: n,
    };
    // SAFETY: the matrix has an element for each of `x` and `y`, and the bias has as many as `y` or none.
    unsafe { run_row(vector, epilogue.bias_ptr(), epilogue.relu) }
}

/// # Safety
/// The elements of the row, the matrix, the sums and the bias are valid.
#[inline(never)]
unsafe fn run_row(v: Vector, bias: *const f32, relu: bool) {
    // SAFETY: promised by the caller.
    unsafe {
        if v.terms > 0 {
            vector(v);
        } else if v.follows == 0 {
            (0..v.columns).for_each(|j| {
                rolled();
                *v.y.add(j) = 0.0;
            });
        }
        finish(v.y, v.columns, bias, relu);
    }
}

/// All rows of some columns, of which `t` is the first tile.
///
/// # Safety
/// They are inside of the product, of which all is valid; there are `m` rows, at least 1, and 8, 4 or 1 columns.
#[inline(always)]
unsafe fn down(t: &mut Tile, m: usize, width: usize) {
    let mut left = m;
    loop {
        // SAFETY: a tile inside of the product.
        unsafe {
            match width {
                NR => rows::<1>(t),
                4 => columns::<4>(t),
                _ => columns::<1>(t),
            }
        }
        left -= 1;
        if left == 0 {
            return;
        }
        t.a = t.a.wrapping_byte_add(t.row_a);
        t.c = t.c.wrapping_byte_add(t.row_c);
        t.start = t.start.wrapping_byte_add(t.row_start);
    }
}

/// The product on a host, for tests.
#[cfg(all(test, feature = "std"))]
pub(in crate::kernels) fn product(
    sizes: [usize; 3],
    factors: (Mat<'_>, Mat<'_>),
    c: (&mut [f32], usize),
    epilogue: Epilogue<'_>,
) {
    if let Some(product) = super::multiply::checked(sizes, factors, c, epilogue) {
        // SAFETY: the sizes were checked.
        unsafe { run(&product) };
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::super::gemm_with_isa;
    use super::*;
    use crate::kernels::Isa;
    use crate::pool::Pool;
    use std::vec::Vec;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n)
            .map(|i| ((i * 7919 + seed * 31) % 1013) as f32 / 500.0 - 1.0)
            .collect()
    }

    /// On a host it does not fuse, so it has the bits of the portable kernel.
    #[test]
    fn bits_are_those_of_the_portable_kernel() {
        let sizes = (1..=5).flat_map(|m| (1..=21).map(move |n| (m, n, 1 + (m * n) % 7)));
        for (m, n, k) in sizes.chain([(784, 33, 1), (3, 70, 600), (1, 32, 784), (20, 10, 0)]) {
            for transposed in 0..4 {
                let (a, b, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3));
                let a = match transposed & 1 {
                    0 => Mat::rows(&a, k),
                    _ => Mat::rows(&a, m).t(),
                };
                let b = match transposed & 2 {
                    0 => Mat::rows(&b, n),
                    _ => Mat::rows(&b, k).t(),
                };
                for (bias, relu, accumulate) in [
                    (&bias[..], true, false),
                    (&[], false, true),
                    (&bias, false, false),
                ] {
                    let epilogue = Epilogue {
                        accumulate,
                        bias,
                        relu,
                        ..Epilogue::default()
                    };
                    let ldc = n + 2 * (m % 2);
                    let mut want = numbers((m - 1) * ldc + n, 4);
                    let mut got = want.clone();
                    gemm_with_isa(
                        Isa::Portable,
                        m,
                        n,
                        k,
                        a,
                        b,
                        &mut want,
                        ldc,
                        epilogue,
                        &Pool::Serial,
                    );
                    product([m, n, k], (a, b), (&mut got, ldc), epilogue);
                    assert_eq!(got, want, "{m} {n} {k}, {transposed}");
                }
            }
        }
    }

    /// One row, of columns that lie side by side in a wider matrix.
    #[test]
    fn a_row_is_the_product_of_a_row() {
        for (n, k) in (1..=21).flat_map(|n| [(n, 0), (n, 1), (n, 6), (n, 33)]) {
            let (x, w, bias) = (numbers(k, 1), numbers(k * (n + 3) + 3, 2), numbers(n, 3));
            let w = Mat {
                data: &w[3..],
                rs: n + 3,
                cs: 1,
            };
            for (bias, relu, accumulate) in [
                (&bias[..], true, false),
                (&bias, false, true),
                (&[], true, true),
                (&[], false, false),
            ] {
                let epilogue = Epilogue {
                    accumulate,
                    bias,
                    relu,
                    ..Epilogue::default()
                };
                let mut want = numbers(n, 4);
                let mut got = want.clone();
                let a = Mat::rows(&x, k);
                let pool = &Pool::Serial;
                gemm_with_isa(Isa::Portable, 1, n, k, a, w, &mut want, n, epilogue, pool);
                row(&x, w, epilogue, &mut got);
                assert_eq!(got, want, "{n} {k}");
            }
        }
    }
}
