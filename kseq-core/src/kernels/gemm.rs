//! Matrix products of `f32`.
//!
//! One micro-kernel per [`Isa`] computes a tile of C: the sums stay in registers while it walks down a panel of B
//! and reads A through strides, mostly in place. B is read in place when its rows are contiguous, otherwise
//! (a transposed matrix) it is copied panel by panel to a buffer on the stack. Nothing is allocated.
//!
//! Every element of C is one chain of multiply-adds, from 0 (or from C) with k ascending; in narrow products (at most 16
//! columns and 128 terms) it is four, of the even and the odd terms of each half, since a single sample waits for nothing
//! but the chain. How C is cut into tiles, blocks and tasks cannot be seen in the result: the bits are the same for any
//! number of threads and for a row computed alone, and AVX2 and AVX-512 agree (NEON and [`Isa::Portable`], which does not
//! fuse, have one chain always).

#![allow(unsafe_code)]

use super::dispatch::{Isa, isa};
use super::gemm_block::{Block, is_narrow};
use super::gemm_drive::Family;
use super::gemm_portable;
use crate::pool::Pool;

/// A read-only view of a matrix over a slice: element (i, j) is `data[i * rs + j * cs]`.
///
/// Rows may overlap, as the patches of a convolution do.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// From one row to the next.
    pub rs: usize,
    /// From one column to the next.
    pub cs: usize,
}

impl<'a> Mat<'a> {
    /// A matrix stored row after row.
    pub const fn rows(data: &'a [f32], columns: usize) -> Self {
        Mat {
            data,
            rs: columns,
            cs: 1,
        }
    }

    /// The transposed matrix: the same elements with the strides exchanged.
    #[must_use]
    pub const fn t(self) -> Self {
        Mat {
            data: self.data,
            rs: self.cs,
            cs: self.rs,
        }
    }

    /// Whether all elements of a `rows` by `columns` matrix are inside of the slice.
    #[inline]
    fn holds(&self, rows: usize, columns: usize) -> bool {
        fits(self.data.len(), rows, self.rs, columns, self.cs)
    }
}

/// Whether `(rows - 1) * rs + (columns - 1) * cs < len`, without overflow.
#[inline]
fn fits(len: usize, rows: usize, rs: usize, columns: usize, cs: usize) -> bool {
    let (Some(row), Some(column)) = (rows.checked_sub(1), columns.checked_sub(1)) else {
        return true; // no element at all
    };
    let last = row
        .checked_mul(rs)
        .zip(column.checked_mul(cs))
        .and_then(|(r, c)| r.checked_add(c));
    last.is_some_and(|last| last < len)
}

/// Whether the tiles ask for memory meanwhile, so that it pays to give them something.
pub(crate) fn asks_ahead() -> bool {
    cfg!(target_arch = "x86_64") && isa() == Isa::Avx512
}

/// What a product begins with and what becomes of its sums, while they are in registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends<'a> {
    /// Whether the sums start from C, not from 0.
    pub accumulate: bool,
    /// What is added to the sums of each column, or nothing.
    pub bias: &'a [f32],
    /// Whether what is not positive then becomes 0 (NaN stays), as `relu` does.
    pub relu: bool,
}

impl Ends<'_> {
    /// From the sums of one row to what is stored.
    pub(super) fn finish(&self, sums: &mut [f32]) {
        for (sum, bias) in sums.iter_mut().zip(self.bias) {
            *sum += bias;
        }
        if self.relu {
            sums.iter_mut().for_each(|c| *c = gemm_portable::relu(*c));
        }
    }
}

/// C = A B, or C += A B if `accumulate`. A is `m` by `k`, B is `k` by `n`, C is `m` by `n` with rows `ldc` apart.
///
/// ```
/// use kseq_core::kernels::{Mat, gemm};
/// use kseq_core::pool::Pool;
///
/// let x = [1.0, 2.0];
/// let w = [1.0, 10.0, 100.0, 2.0, 20.0, 200.0]; // 2 by 3
/// let mut y = [0.0; 3];
/// gemm(1, 3, 2, Mat::rows(&x, 2), Mat::rows(&w, 3), &mut y, 3, false, &Pool::Serial);
/// assert_eq!(y, [5.0, 50.0, 500.0]);
/// let mut dx = [0.0; 2]; // y W^T
/// gemm(1, 2, 3, Mat::rows(&y, 3), Mat::rows(&w, 3).t(), &mut dx, 2, false, &Pool::Serial);
/// assert_eq!(dx, [50505.0, 101010.0]);
/// ```
///
/// # Panics
///
/// When an element of A, B or C would be outside of its slice, or the rows of C overlap.
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of every GEMM since 1979"
)]
#[inline]
pub fn gemm(
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    accumulate: bool,
    pool: &Pool,
) {
    let ends = Ends {
        accumulate,
        ..Ends::default()
    };
    gemm_ends(m, n, k, a, b, c, ldc, ends, pool);
}

/// [`gemm`] that begins and ends as asked for.
///
/// # Panics
///
/// As [`gemm`], and when there is a bias that has not `n` values.
#[expect(clippy::too_many_arguments, reason = "those of `gemm`")]
pub fn gemm_ends(
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    ends: Ends<'_>,
    pool: &Pool,
) {
    // SAFETY: the CPU has the instructions that `isa` chooses.
    unsafe { product(isa(), (m, n, k), (a, b), (c, ldc), ends, pool) }
}

/// [`gemm`] with instructions of choice, to compare them.
///
/// # Panics
///
/// As [`gemm_ends`], and when the CPU lacks the instructions.
#[doc(hidden)]
#[expect(
    clippy::too_many_arguments,
    reason = "those of `gemm`, and the instructions"
)]
#[inline]
pub fn gemm_with(
    isa: Isa,
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    ends: Ends<'_>,
    pool: &Pool,
) {
    assert!(isa.available(), "gemm: the CPU has no such instructions");
    // SAFETY: the CPU has the instructions.
    unsafe { product(isa, (m, n, k), (a, b), (c, ldc), ends, pool) }
}

/// # Safety
/// The CPU has the instructions.
unsafe fn product(
    isa: Isa,
    (m, n, k): (usize, usize, usize),
    (a, b): (Mat<'_>, Mat<'_>),
    (c, ldc): (&mut [f32], usize),
    ends: Ends<'_>,
    pool: &Pool,
) {
    assert!(a.holds(m, k), "gemm: A does not fit into its slice");
    assert!(b.holds(k, n), "gemm: B does not fit into its slice");
    assert!(
        fits(c.len(), m, ldc, n, 1),
        "gemm: C does not fit into its slice"
    );
    assert!(m <= 1 || n <= ldc, "gemm: the rows of C overlap");
    assert!(
        ends.bias.is_empty() || ends.bias.len() == n,
        "gemm: not one bias for each column"
    );
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        for i in 0..m {
            let row = &mut c[i * ldc..][..n];
            if !ends.accumulate {
                row.fill(0.0);
            }
            ends.finish(row);
        }
        return;
    }
    let whole = Block {
        m,
        n,
        k,
        lines: 1,
        a_line: 0,
        b_line: 0,
        a: a.data.as_ptr(),
        ars: a.rs,
        acs: a.cs,
        b: b.data.as_ptr(),
        brs: b.rs,
        bcs: b.cs,
        c: c.as_mut_ptr(),
        ldc,
        bias: bias_of(ends.bias),
        load: ends.accumulate,
        relu: ends.relu,
        narrow: b.cs == 1 && is_narrow(n, k),
        past: false,
        ahead: core::ptr::null_mut(),
    };
    let family = Family::of(isa);
    if n > 1 || ldc > 1 {
        // SAFETY: all elements of the three matrices are inside of their slices, the rows of C do not overlap, and C is
        // borrowed exclusively; the CPU has the instructions.
        return unsafe { family.run(&whole, pool) };
    }
    // One column as a row: its bias is another one then for each column.
    let mut row = whole.transposed();
    (row.bias, row.relu) = (core::ptr::null(), false);
    // SAFETY: as above.
    unsafe { family.run(&row, pool) };
    for sum in &mut c[..m] {
        ends.finish(core::slice::from_mut(sum));
    }
}

/// A bias as a pointer.
pub(super) fn bias_of(bias: &[f32]) -> *const f32 {
    match bias {
        [] => core::ptr::null(),
        _ => bias.as_ptr(),
    }
}

#[cfg(all(test, feature = "std"))]
#[path = "gemm_tests.rs"]
mod tests;
