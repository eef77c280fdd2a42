//! Packing: panels of B are copied to the stack, an L1 cache at most, for the micro-kernels of x86-64, where their rows must
//! be contiguous.

#![allow(unsafe_code)]

use super::portable;
use super::product::Product;
use crate::kernels::cache::L1_FLOATS;
use core::arch::x86_64::{
    __m256, _mm_loadu_ps, _mm256_castps128_ps256, _mm256_insertf128_ps, _mm256_shuffle_ps,
    _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
};
use core::mem::MaybeUninit;

#[repr(C, align(64))]
struct Buffer([MaybeUninit<f32>; L1_FLOATS]);

/// Computes a panel of any strides with a kernel for contiguous rows of B. The rows of the copy begin at multiples of
/// `LANES`.
///
/// # Safety
/// The product is valid, the CPU has AVX2, and the product is one that `panel` can compute when `bcs` is 1.
pub(super) unsafe fn packed<const LANES: usize>(product: &Product, panel: unsafe fn(&Product)) {
    let mut buffer = Buffer([MaybeUninit::uninit(); L1_FLOATS]);
    let to: *mut f32 = buffer.0.as_mut_ptr().cast();
    let ld = product.n.next_multiple_of(LANES);
    // Few rows use the copy little: then it should leave room in L1 for what is copied.
    let most = if product.m < 32 || LANES < 16 {
        L1_FLOATS / 2 / ld
    } else {
        L1_FLOATS / ld
    };
    let mut p = 0;
    while p < product.k {
        let k = most.min(product.k - p);
        // SAFETY: a part of the product; `k * ld` elements fit into the buffer, and `panel` reads those that were copied.
        unsafe {
            let mut part = product.terms(p, k);
            if part.bcs == 1 {
                for p in 0..k {
                    part.b
                        .add(p * part.brs)
                        .copy_to_nonoverlapping(to.add(p * ld), part.n);
                }
            } else if part.brs == 1 {
                columns([part.n, k], part.b, part.bcs, to, ld);
            } else {
                portable::pack(&part, to, ld);
            }
            part.b = to;
            part.brs = ld;
            part.bcs = 1;
            panel(&part);
        }
        p += k;
    }
}

/// Writes the columns of a matrix with `m` rows, `rs` apart, as rows, `ld` apart.
///
/// # Safety
/// The matrix is valid, `to` has room for `n` rows of `m` elements, and the CPU has AVX2.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn columns(
    [m, n]: [usize; 2],
    from: *const f32,
    rs: usize,
    to: *mut f32,
    ld: usize,
) {
    let (m8, n8) = (m - m % 8, n - n % 8);
    let mut i = 0;
    while i < m8 {
        let mut j = 0;
        while j < n8 {
            // SAFETY: 8 rows by 8 columns inside of the matrix and of its copy.
            unsafe { transpose_8x8(from.add(i * rs + j), rs, to.add(j * ld + i), ld) };
            j += 8;
        }
        i += 8;
    }
    for i in 0..m {
        for j in if i < m8 { n8 } else { 0 }..n {
            // SAFETY: an element of the matrix, and its place in the copy.
            unsafe { *to.add(j * ld + i) = *from.add(i * rs + j) };
        }
    }
}

/// Writes 8 rows, one after the other, which are the columns of 8 others.
///
/// # Safety
/// 8 by 8 elements can be read at `from`, `bcs` apart, and written at `to`, `ld` apart; the CPU has AVX2.
#[target_feature(enable = "avx2")]
#[inline]
pub(in crate::kernels) unsafe fn transpose_8x8(
    from: *const f32,
    bcs: usize,
    to: *mut f32,
    ld: usize,
) {
    // CacheLines `i` and `i + 4`, four floats of each.
    let pair = |i: usize, at: usize| -> __m256 {
        // SAFETY: promised by the caller.
        unsafe {
            let low = _mm_loadu_ps(from.add(i * bcs + at));
            let high = _mm_loadu_ps(from.add((i + 4) * bcs + at));
            _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high)
        }
    };
    for at in [0, 4] {
        let (r0, r1, r2, r3) = (pair(0, at), pair(1, at), pair(2, at), pair(3, at));
        let (t0, t1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
        let (t2, t3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
        let rows = [
            _mm256_shuffle_ps::<0x44>(t0, t2),
            _mm256_shuffle_ps::<0xee>(t0, t2),
            _mm256_shuffle_ps::<0x44>(t1, t3),
            _mm256_shuffle_ps::<0xee>(t1, t3),
        ];
        for (i, row) in rows.into_iter().enumerate() {
            // SAFETY: promised by the caller.
            unsafe { _mm256_storeu_ps(to.add((at + i) * ld), row) };
        }
    }
}
