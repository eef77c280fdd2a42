//! What is called: C = A B with an epilogue, checked, on the threads of a pool.

#![allow(unsafe_code)]

use super::device;
use super::epilogue::Epilogue;
use super::matrix::{Mat, fits};
use super::product::Product;
use super::select::micro_kernel;
use super::then::ThenAt;
use crate::kernels::dispatch::{DEVICE, Isa, isa};
use crate::pool::Pool;

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
    let epilogue = Epilogue {
        accumulate,
        ..Epilogue::default()
    };
    gemm_with_epilogue(m, n, k, a, b, c, ldc, epilogue, pool);
}

/// [`gemm`] with any start and epilogue.
///
/// # Panics
///
/// As [`gemm`], and when there is a bias that has not `n` values.
#[expect(clippy::too_many_arguments, reason = "those of `gemm`")]
pub fn gemm_with_epilogue(
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    // SAFETY: the CPU has the instructions that `isa` chooses.
    unsafe { multiply(isa(), [m, n, k], (a, b), (c, ldc), epilogue, pool) }
}

/// [`gemm`] with instructions of choice, to compare them.
///
/// # Panics
///
/// As [`gemm_with_epilogue`], and when the CPU lacks the instructions.
#[doc(hidden)]
#[expect(
    clippy::too_many_arguments,
    reason = "those of `gemm`, and the instructions"
)]
#[inline]
pub fn gemm_with_isa(
    isa: Isa,
    m: usize,
    n: usize,
    k: usize,
    a: Mat<'_>,
    b: Mat<'_>,
    c: &mut [f32],
    ldc: usize,
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    assert!(isa.available(), "gemm: the CPU has no such instructions");
    // SAFETY: the CPU has the instructions.
    unsafe { multiply(isa, [m, n, k], (a, b), (c, ldc), epilogue, pool) }
}

/// # Safety
/// The CPU has the instructions.
unsafe fn multiply(
    isa: Isa,
    sizes: [usize; 3],
    (a, b): (Mat<'_>, Mat<'_>),
    (c, ldc): (&mut [f32], usize),
    epilogue: Epilogue<'_>,
    pool: &Pool,
) {
    let Some(whole) = checked(sizes, (a, b), (c, ldc), epilogue) else {
        return;
    };
    if DEVICE {
        // SAFETY: all elements of the three matrices are inside of their slices, the rows of C do not overlap, and C is
        // borrowed exclusively.
        return unsafe { device::run(&whole) };
    }
    let kernel = micro_kernel(isa);
    if whole.n > 1 || ldc > 1 {
        // SAFETY: as above; the CPU has the instructions.
        return unsafe { kernel.run(&whole, pool) };
    }
    // One column as a row: its bias is another one then for each column.
    let mut row = whole.transposed();
    (row.bias, row.relu, row.then) = (core::ptr::null(), false, ThenAt::NONE);
    // SAFETY: as above.
    unsafe { kernel.run(&row, pool) };
    epilogue.finish_column(&mut c[..whole.m]);
}

/// The product of matrices whose sizes fit each other and their slices; nothing if all is done, since there are no elements
/// or no terms.
pub(super) fn checked(
    [m, n, k]: [usize; 3],
    (a, b): (Mat<'_>, Mat<'_>),
    (c, ldc): (&mut [f32], usize),
    epilogue: Epilogue<'_>,
) -> Option<Product> {
    let demands = [
        (a.holds(m, k), "gemm: A does not fit into its slice"),
        (b.holds(k, n), "gemm: B does not fit into its slice"),
        (
            fits(c.len(), m, ldc, n, 1),
            "gemm: C does not fit into its slice",
        ),
        (m <= 1 || n <= ldc, "gemm: the rows of C overlap"),
        (
            epilogue.bias.is_empty() || epilogue.bias.len() == n,
            "gemm: not one bias for each column",
        ),
        (
            epilogue.then.fits(n),
            "gemm: not one normalization for each column",
        ),
    ];
    if DEVICE {
        // A program for a microcontroller has no way to panic: what does not fit is not written.
        if !demands.into_iter().all(|(is_met, _)| is_met) || m == 0 || n == 0 {
            return None;
        }
    } else {
        for (is_met, words) in demands {
            assert!(is_met, "{words}");
        }
        if m == 0 || n == 0 {
            return None;
        }
        if k == 0 {
            let rows = c.chunks_mut(ldc.max(1)).take(m);
            rows.filter_map(|row| row.get_mut(..n))
                .for_each(|row| epilogue.without_terms(row));
            return None;
        }
    }
    // On a device without terms: one, of zeros.
    let (a, b, k) = match k {
        0 => (device::NOTHING, device::NOTHING, 1),
        _ => (a, b, k),
    };
    // The stride of a single row or column may be anything, but no multiple of it should overflow.
    let bounded = |stride: usize, len: usize| if DEVICE { stride } else { stride.min(len) };
    let a = (
        a.data.as_ptr(),
        bounded(a.rs, a.data.len()),
        bounded(a.cs, a.data.len()),
    );
    let b = (
        b.data.as_ptr(),
        bounded(b.rs, b.data.len()),
        bounded(b.cs, b.data.len()),
    );
    let c = (c.as_mut_ptr(), bounded(ldc, c.len()));
    Some(Product {
        bias: epilogue.bias_ptr(),
        relu: epilogue.relu,
        then: epilogue.then.at(),
        ..Product::new([m, n, k], a, b, c, epilogue.accumulate)
    })
}
