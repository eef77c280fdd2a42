//! The micro-kernels of AVX-512: tiles of up to 12 rows by 2 vectors of 16 columns, wider ones for few rows.

#![allow(unsafe_code)]

use super::micro_kernel::MicroKernel;
use super::packing_x86;
use super::product::{Product, half};
use crate::kernels::prefetch::{Prefetcher, TERMS_PER_PREFETCH};
use core::arch::x86_64::{
    __m512, __mmask16, _MM_HINT_T0, _mm_prefetch, _mm512_add_ps, _mm512_fixupimm_ps,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_mul_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps, _mm512_stream_ps,
    _mm512_sub_ps,
};

const LANES: usize = 16;

pub(super) static KERNEL: MicroKernel = MicroKernel {
    mr: 12,
    nr: 2 * LANES,
    mc: 384,
    aliasing_stride: 1024,
    prefetches: true,
    width,
    panel,
    packed,
    repeated: None,
    strip: None,
    transpose: Some(packing_x86::wide_columns),
};

/// The most vectors side by side for `m` rows: as many sums as fit into 32 registers.
const fn vectors(m: usize) -> usize {
    match m {
        0..=2 => 8,
        3..=6 => 4,
        _ => 2,
    }
}

fn width(m: usize, n: usize) -> usize {
    let vectors = vectors(m).min(1 << n.div_ceil(LANES).ilog2());
    n.min(vectors * LANES)
}

/// # Safety
/// See [`MicroKernel::packed`].
unsafe fn packed(product: &Product) {
    // SAFETY: promised by the caller.
    unsafe { packing_x86::packed::<LANES>(product, panel) }
}

/// # Safety
/// See [`MicroKernel::panel`].
unsafe fn panel(product: &Product) {
    let vectors = product.n.div_ceil(LANES);
    let mask = 0xffff >> (vectors * LANES - product.n);
    let most = match vectors {
        8 if product.narrow => 1,
        // Three sums at a time in registers.
        1 if product.narrow => 10,
        8 => 2,
        4 => 6,
        _ => 12,
    };
    let tiles = if product.m <= most {
        1
    } else {
        product.m.div_ceil(most)
    };
    let mut i = 0;
    for t in 0..tiles {
        // No division for what is one tile.
        let end = match t + 1 == tiles {
            true => product.m,
            false => (t + 1) * product.m / tiles,
        };
        // SAFETY: rows `i..end` of the product; `tile` is given the number of rows and vectors it is for; what is prefetched, if
        // anything, is there.
        unsafe {
            macro_rules! choose {
                ($narrow:literal $prefetch:literal $($vectors:literal: $($rows:literal)*;)*) => {
                    match (vectors, end - i) {
                        $($(($vectors, $rows) => {
                            tile::<$rows, $vectors, $narrow, $prefetch>(product, i, mask);
                        })*)*
                        _ => unreachable!("no such tile"),
                    }
                };
            }
            let pending = product
                .prefetcher
                .as_ref()
                .is_some_and(Prefetcher::is_pending);
            if pending && vectors <= 2 && end - i >= 7 {
                choose! {
                    false true
                    2: 7 8 9 10 11 12;
                    1: 7 8 9 10 11 12;
                }
            } else if product.narrow {
                // One vector, or a single column as a row.
                choose! {
                    true false
                    8: 1;
                    4: 1;
                    2: 1;
                    1: 1 2 3 4 5 6 7 8 9 10;
                }
            } else {
                choose! {
                    false false
                    8: 1 2;
                    4: 1 2 3 4 5 6;
                    2: 1 2 3 4 5 6 7 8 9 10 11 12;
                    1: 1 2 3 4 5 6 7 8 9 10 11 12;
                }
            }
        }
        i = end;
    }
}

/// `MR` rows by `NV` vectors of C, from row `first` of the product on; `mask` tells the columns of the last vector. (A product
/// of these rows would have to be copied, and a copy waits until the stores of the tile before are done.) A narrow
/// product has four sums for each element, see [`half`]; with `PREFETCH` it prefetches what is needed next.
///
/// # Safety
/// The product is valid and has these rows and columns, `bcs` is 1, and the CPU has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn tile<const MR: usize, const NV: usize, const NARROW: bool, const PREFETCH: bool>(
    t: &Product,
    first: usize,
    mask: __mmask16,
) {
    let Product {
        k,
        lines,
        a_line,
        b_line,
        ars,
        acs,
        brs,
        ldc,
        c,
        bias,
        a,
        b,
        ..
    } = *t;
    let (a, c) = (a.wrapping_add(first * ars), c.wrapping_add(first * ldc));
    let mut sums = [[_mm512_setzero_ps(); NV]; MR];
    if t.accumulate {
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: row `i` of C, columns of the product only.
            *row = unsafe { load(c.add(i * ldc), mask) };
        }
    }
    for line in 0..lines {
        let a = a.wrapping_add(line * a_line);
        let mut b = b.wrapping_add(line * b_line);
        // One pointer that went from row to row would be a chain of additions as long as that of the sums.
        let mut rows = [0, 1, 2, 3].map(|i| a.wrapping_add(3 * i * ars));
        let mut add = |sums: &mut [[__m512; NV]; MR]| {
            // SAFETY: a row of B and a column of A, inside of the product.
            unsafe {
                let b: [__m512; NV] = load(b, mask);
                for (i, row) in sums.iter_mut().enumerate() {
                    let a = _mm512_set1_ps(*rows[i / 3].add(i % 3 * ars));
                    for (sum, b) in row.iter_mut().zip(b) {
                        *sum = _mm512_fmadd_ps(a, b, *sum);
                    }
                }
            }
            rows = rows.map(|row| row.wrapping_add(acs));
            b = b.wrapping_add(brs);
        };
        if NARROW {
            let mut even = sums;
            for (second, terms) in [(false, half(k)), (true, k - half(k))] {
                let mut odd = [[_mm512_setzero_ps(); NV]; MR];
                for _ in 0..terms / 2 {
                    add(&mut even);
                    add(&mut odd);
                }
                if terms % 2 == 1 {
                    add(&mut even);
                }
                let pairs = even.as_flattened_mut().iter_mut().zip(odd.as_flattened());
                for (sum, (even, odd)) in sums.as_flattened_mut().iter_mut().zip(pairs) {
                    let both = _mm512_add_ps(*even, *odd);
                    *sum = if second {
                        _mm512_add_ps(*sum, both)
                    } else {
                        both
                    };
                    *even = _mm512_setzero_ps();
                }
            }
            continue;
        }
        let mut left = k;
        if PREFETCH {
            while left >= TERMS_PER_PREFETCH {
                // SAFETY: there is something to prefetch, which only this tile does at present.
                unsafe { (*t.prefetcher).step() };
                for _ in 0..TERMS_PER_PREFETCH {
                    add(&mut sums);
                }
                left -= TERMS_PER_PREFETCH;
            }
        }
        for _ in 0..left {
            add(&mut sums);
        }
    }
    if MR > 6 && !NARROW {
        // The first line of each row of the next tile, or of the first one of the next panel: its loads would have to wait.
        let next = match first + MR < t.m {
            true => a.wrapping_add(MR * ars),
            false => t.a,
        };
        for i in 0..MR {
            _mm_prefetch::<_MM_HINT_T0>(next.wrapping_add(i * ars).cast());
        }
    }
    if !bias.is_null() {
        // SAFETY: a value for each column of the product.
        let bias: [__m512; NV] = unsafe { load(bias, mask) };
        for row in &mut sums {
            for (sum, bias) in row.iter_mut().zip(bias) {
                *sum = _mm512_add_ps(*sum, bias);
            }
        }
    }
    if t.relu {
        for sum in sums.as_flattened_mut() {
            *sum = relu(*sum);
        }
    }
    if t.then.is_some() {
        // SAFETY: numbers for each column of the product.
        let ([mean, factor, shift], is_relu): ([[__m512; NV]; 3], bool) = unsafe {
            let numbers = t.then.numbers().map(|from| load(from, mask));
            (numbers, t.then.relu())
        };
        for row in &mut sums {
            for (v, sum) in row.iter_mut().enumerate() {
                let away = _mm512_mul_ps(_mm512_sub_ps(*sum, mean[v]), factor[v]);
                *sum = _mm512_add_ps(away, shift[v]);
                if is_relu {
                    *sum = relu(*sum);
                }
            }
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, sum) in row.iter().enumerate() {
            // SAFETY: row `i` of C, columns of the product only.
            unsafe {
                let c = c.add(i * ldc + v * LANES);
                if t.nontemporal {
                    _mm512_stream_ps(c, *sum);
                } else if v + 1 < NV || mask == 0xffff {
                    _mm512_storeu_ps(c, *sum);
                } else {
                    _mm512_mask_storeu_ps(c, mask, *sum);
                }
            }
        }
    }
}

/// What is not positive becomes 0, and NaN stays, in one instruction: by the kind of a number (NaN, 0, 1, infinite, below or above
/// 0) it stays as it is or is another one.
#[target_feature(enable = "avx512f")]
#[inline]
fn relu(x: __m512) -> __m512 {
    // Four bits for each kind: zeros, minus infinity, and what is below 0 become 0.
    const KINDS: i32 = 8 << (4 * 2) | 8 << (4 * 4) | 8 << (4 * 6);
    _mm512_fixupimm_ps::<0>(x, x, _mm512_set1_epi32(KINDS))
}

/// `NV` vectors, the last one masked.
///
/// # Safety
/// The elements may be read, those of the last vector where the mask is set.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn load<const NV: usize>(from: *const f32, mask: __mmask16) -> [__m512; NV] {
    let mut vectors = [_mm512_setzero_ps(); NV];
    for (v, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: promised by the caller.
        unsafe {
            let from = from.add(v * LANES);
            *vector = if v + 1 < NV {
                _mm512_loadu_ps(from)
            } else {
                _mm512_maskz_loadu_ps(mask, from)
            };
        }
    }
    vectors
}
