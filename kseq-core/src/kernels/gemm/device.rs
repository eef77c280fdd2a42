//! The product of a microcontroller: nothing is packed or copied, since there is no cache, and it needs some dozens of bytes of
//! stack. One small function for all shapes, called directly, so that a linker drops what a program does not use.
//!
//! Where the columns of B lie side by side, tiles of 2 rows by 8 columns: 16 sums, a row of B and two elements of A are 26
//! of 32 registers. What is left over, and products with a transposed matrix, go by 4 columns of a row, or by one.
//!
//! An element is one chain of multiply-adds, terms ascending, fused where the target has the instruction, as with NEON. (That is for
//! the bits of the host and few instructions. By the manual of the Cortex-M4 a fused one takes three cycles, separate ones two.)

#![allow(unsafe_code)]

use super::product::Product;
use crate::kernels::fpu::{NR, Sums, Terms, add_columns, add_rows, finish};

/// Computes a product.
///
/// # Safety
/// All elements of the matrices can be accessed, nobody else accesses C, and its rows do not overlap.
#[inline(never)]
pub(in crate::kernels) unsafe fn run(p: &Product) {
    let mut j = 0;
    // SAFETY: tiles that are inside of the product.
    unsafe {
        while p.bcs == 1 && j + NR <= p.n {
            let mut i = 0;
            while i + 2 <= p.m {
                tile::<2, NR>(p, i, j, add_rows::<2>);
                i += 2;
            }
            if i < p.m {
                tile::<1, NR>(p, i, j, add_rows::<1>);
            }
            j += NR;
        }
        while j + 4 <= p.n {
            for i in 0..p.m {
                tile::<1, 4>(p, i, j, add_columns::<4>);
            }
            j += 4;
        }
        while j < p.n {
            for i in 0..p.m {
                tile::<1, 1>(p, i, j, add_columns::<1>);
            }
            j += 1;
        }
    }
}

/// `MR` rows from `i` on and `N` columns from `j` on.
///
/// # Safety
/// They are inside of the product, of which all is valid; `add` is for tiles of this size.
#[inline(always)]
unsafe fn tile<const MR: usize, const N: usize>(
    p: &Product,
    i: usize,
    j: usize,
    add: unsafe fn(Sums, Terms),
) {
    let c = p.c.wrapping_add(i * p.ldc + j);
    let mut sums = Sums {
        c,
        ldc: p.ldc,
        from_zero: !p.accumulate,
    };
    let mut terms = Terms {
        k: p.k,
        a: p.a.wrapping_add(i * p.ars),
        ars: p.ars,
        acs: p.acs,
        b: p.b.wrapping_add(j * p.bcs),
        brs: p.brs,
        bcs: p.bcs,
    };
    for _ in 0..p.lines {
        // SAFETY: the rows and columns of the tile.
        unsafe { add(sums, terms) };
        sums.from_zero = false;
        terms.a = terms.a.wrapping_add(p.a_line);
        terms.b = terms.b.wrapping_add(p.b_line);
    }
    if p.bias.is_null() && !p.relu {
        return;
    }
    let bias = match p.bias.is_null() {
        true => p.bias,
        false => p.bias.wrapping_add(j),
    };
    for i in 0..MR {
        // SAFETY: a part of a row of C, and the bias of its columns.
        unsafe { finish::<N>(c.add(i * p.ldc), bias, p.relu) };
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::super::multiply::checked;
    use super::super::{Epilogue, Mat, gemm_with_isa};
    use super::*;
    use crate::kernels::Isa;
    use crate::pool::Pool;
    use std::{vec, vec::Vec};

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
                    if let Some(product) = checked([m, n, k], (a, b), (&mut got, ldc), epilogue) {
                        // SAFETY: the sizes were checked.
                        unsafe { run(&product) };
                    }
                    assert_eq!(got, want, "{m} {n} {k}, {transposed}");
                }
            }
        }
    }

    /// As in a convolution: sums over some lines.
    #[test]
    fn lines_of_terms() {
        let (m, n, k, lines) = (3, 13, 2, 4);
        let (a, b) = (numbers(m + 10 * lines + k, 1), numbers(lines * k * n, 2));
        let mut c = vec![f32::NAN; m * n];
        let whole = checked(
            [m, n, k],
            (
                Mat {
                    data: &a,
                    rs: 1,
                    cs: 1,
                },
                Mat::rows(&b, n),
            ),
            (&mut c, n),
            Epilogue::default(),
        );
        let product = Product {
            lines,
            a_line: 10,
            b_line: k * n,
            ..whole.expect("a product")
        };
        // SAFETY: the last element of A is `m + k + 10 * lines` at most, that of B the end of the last line.
        unsafe { run(&product) };
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let terms = (0..lines).flat_map(|l| (0..k).map(move |p| (l, p)));
            let want = terms.fold(0.0, |sum, (l, p)| {
                sum + a[i + p + 10 * l] * b[(l * k + p) * n + j]
            });
            assert_eq!(c[i * n + j], want);
        }
    }
}
