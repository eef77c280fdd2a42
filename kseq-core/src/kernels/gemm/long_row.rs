//! One row times a matrix that does not stay in the caches near the core: W is read from one end to the other, some of its rows
//! at a time, and the sums stay in `y`.
//!
//! The CPU's own prefetchers follow a few long runs well, where columns side by side jump from one row of W to the next, each
//! on another page. The bits are the same: each sum adds its terms in their order.

#![allow(unsafe_code)]

use super::matrix::Mat;
use crate::kernels::cache::L2_FLOATS;
use crate::kernels::dispatch::Isa;
use core::arch::x86_64::{
    _MM_HINT_T0, _mm_prefetch, _mm256_cvtss_f32, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_storeu_ps,
};

const LANES: usize = 8;

/// Rows of W that are read together.
const ROWS: usize = 4;

/// How many bytes of a row ahead are prefetched.
const PREFETCH_BYTES: usize = 8 * 1024;

/// Whether a matrix of so many rows and columns is read like this. AVX-512 has as many columns in registers as one long run, and is as
/// fast from the second cache.
pub(super) fn is_long(isa: Isa, k: usize, n: usize) -> bool {
    let least = match isa {
        Isa::Avx2 => L2_FLOATS / 2,
        _ => 4 * L2_FLOATS,
    };
    k >= ROWS && n >= 8 * LANES && k.saturating_mul(n) >= least
}

/// Adds `x W` to `y`; as many rows of W as `x` has values, of which `y` may be some columns.
///
/// # Safety
/// `w` has a row of `y.len()` elements side by side for each value of `x`, and the CPU has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn add(x: &[f32], w: Mat<'_>, y: &mut [f32]) {
    let n = w.rs;
    let (fours, rest) = x.as_chunks::<ROWS>();
    let mut w = w.data.as_ptr();
    for x in fours {
        // SAFETY: promised by the caller.
        unsafe { rows(x, w, n, y) };
        w = w.wrapping_add(ROWS * n);
    }
    for x in rest.as_chunks::<1>().0 {
        // SAFETY: as above.
        unsafe { rows(x, w, n, y) };
        w = w.wrapping_add(n);
    }
}

/// The terms of some rows of W, `n` elements apart.
///
/// # Safety
/// `w` has a row of `y.len()` elements for each of them, and the CPU has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn rows<const R: usize>(x: &[f32; R], w: *const f32, n: usize, y: &mut [f32]) {
    let mut terms = [_mm256_setzero_ps(); R];
    for (term, x) in terms.iter_mut().zip(x) {
        *term = _mm256_set1_ps(*x);
    }
    let (pairs, rest) = y.as_chunks_mut::<{ 2 * LANES }>();
    let mut w = w;
    for y in pairs {
        let y = y.as_mut_ptr();
        // SAFETY: two vectors of `y`, and of each row of W; a prefetch may be of any address.
        unsafe {
            let mut sums = [_mm256_loadu_ps(y), _mm256_loadu_ps(y.add(LANES))];
            for (i, x) in terms.into_iter().enumerate() {
                let w = w.add(i * n);
                _mm_prefetch::<_MM_HINT_T0>(w.wrapping_byte_add(PREFETCH_BYTES).cast());
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm256_fmadd_ps(x, _mm256_loadu_ps(w.add(v * LANES)), *sum);
                }
            }
            let [first, second] = sums;
            _mm256_storeu_ps(y, first);
            _mm256_storeu_ps(y.add(LANES), second);
        }
        w = w.wrapping_add(2 * LANES);
    }
    // What is left, in vectors of which one element counts.
    for y in rest {
        let mut sum = _mm256_set1_ps(*y);
        for (i, x) in terms.into_iter().enumerate() {
            // SAFETY: an element of the row.
            sum = _mm256_fmadd_ps(x, _mm256_set1_ps(unsafe { *w.add(i * n) }), sum);
        }
        *y = _mm256_cvtss_f32(sum);
        w = w.wrapping_add(1);
    }
}
