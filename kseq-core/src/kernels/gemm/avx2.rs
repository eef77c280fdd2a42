//! The micro-kernels of AVX2 with FMA: tiles of up to 6 rows by 2 vectors of 8 columns, wider ones for few rows.

#![allow(unsafe_code)]

use super::packing_x86;
use super::product::{Product, half};
use core::arch::x86_64::{
    __m256, __m256i, _CMP_NLE_UQ, _mm256_add_ps, _mm256_and_ps, _mm256_cmp_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_mul_ps,
    _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm256_stream_ps, _mm256_sub_ps,
};

pub(super) const LANES: usize = 8;

/// From the sums of some rows, which stay in registers (so it is no function), to what is stored of them: the product has a bias and
/// numbers of what is done then for each column, or none.
macro_rules! finish {
    ($t:expr, $sums:ident, $mask:expr, $nv:tt, $whole:tt) => {
        if !$t.bias.is_null() {
            // SAFETY: a value for each column of the product.
            let bias: [__m256; $nv] = unsafe { load::<$nv, $whole>($t.bias, $mask) };
            for row in &mut $sums {
                for (sum, bias) in row.iter_mut().zip(bias) {
                    *sum = _mm256_add_ps(*sum, bias);
                }
            }
        }
        if $t.relu {
            let zero = _mm256_setzero_ps();
            for sum in $sums.as_flattened_mut() {
                // Not less or equal: NaN stays.
                *sum = _mm256_and_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(*sum, zero), *sum);
            }
        }
        if $t.then.is_some() {
            let zero = _mm256_setzero_ps();
            for v in 0..$nv {
                // SAFETY: numbers for each column of the product.
                let ([mean, factor, shift], is_relu) = unsafe {
                    let numbers = $t.then.numbers();
                    let numbers = numbers.map(|from| load_one::<$nv, $whole>(from, v, $mask));
                    (numbers, $t.then.relu())
                };
                for row in &mut $sums {
                    let away = _mm256_mul_ps(_mm256_sub_ps(row[v], mean), factor);
                    let y = _mm256_add_ps(away, shift);
                    row[v] = match is_relu {
                        true => _mm256_and_ps(_mm256_cmp_ps::<_CMP_NLE_UQ>(y, zero), y),
                        false => y,
                    };
                }
            }
        }
    };
}
pub(super) use finish;

/// The most vectors side by side for `m` rows: as many sums as fit into 16 registers.
const fn vectors(m: usize) -> usize {
    match m {
        0..=1 => 8,
        2..=3 => 4,
        _ => 2,
    }
}

pub(super) fn width(m: usize, n: usize) -> usize {
    let vectors = vectors(m).min(1 << n.div_ceil(LANES).ilog2());
    n.min(vectors * LANES)
}

/// # Safety
/// See [`MicroKernel::packed`].
pub(super) unsafe fn packed(product: &Product) {
    // SAFETY: promised by the caller.
    unsafe { packing_x86::packed::<LANES>(product, panel) }
}

/// # Safety
/// See [`MicroKernel::panel`].
pub(super) unsafe fn panel(product: &Product) {
    let vectors = product.n.div_ceil(LANES);
    let whole = product.n.is_multiple_of(LANES);
    // The mask takes a register too. (4 rows of a narrow product instead of 6 are no faster.)
    let most = match (vectors, whole) {
        (4 | 8, _) if product.narrow => 1,
        (2, _) if product.narrow => 2,
        (_, _) if product.narrow => 6,
        (8, _) => 1,
        (4, true) => 3,
        (4, false) => 2,
        (2, true) => 6,
        (2, false) => 5,
        _ => 12,
    };
    let tiles = product.m.div_ceil(most);
    let mut i = 0;
    for t in 0..tiles {
        let end = (t + 1) * product.m / tiles;
        // SAFETY: rows `i..end` of the product; `tile` is given the number of rows and vectors it is for.
        unsafe {
            macro_rules! choose {
                ($narrow:literal $($vectors:literal: $($rows:literal)*;)*) => {
                    match (vectors, end - i, whole) {
                        $($(
                            ($vectors, $rows, true) => tile::<$rows, $vectors, true, $narrow>(product, i),
                            ($vectors, $rows, false) => tile::<$rows, $vectors, false, $narrow>(product, i),
                        )*)*
                        _ => unreachable!("no such tile"),
                    }
                };
            }
            if product.narrow {
                // Two vectors, or a single column as a row.
                choose! {
                    true
                    8: 1;
                    4: 1;
                    2: 1 2;
                    1: 1 2 3 4 5 6;
                }
            } else {
                choose! {
                    false
                    8: 1;
                    4: 1 2 3;
                    2: 1 2 3 4 5 6;
                    1: 1 2 3 4 5 6 7 8 9 10 11 12;
                }
            }
        }
        i = end;
    }
}

/// `MR` rows by `NV` vectors of C, from row `first` of the product on (which is not copied: see the tile of AVX-512); not all
/// columns of the last vector unless `WHOLE`. A narrow product has four sums for each element, see [`half`].
///
/// # Safety
/// The product is valid and has these rows and columns, `bcs` is 1, and the CPU has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const MR: usize, const NV: usize, const WHOLE: bool, const NARROW: bool>(
    t: &Product,
    first: usize,
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
        a,
        b,
        ..
    } = *t;
    let (a, c) = (a.wrapping_add(first * ars), c.wrapping_add(first * ldc));
    let mask = mask(t.n % LANES);
    let mut sums = [[_mm256_setzero_ps(); NV]; MR];
    if t.accumulate {
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: row `i` of C, columns of the product only.
            *row = unsafe { load::<NV, WHOLE>(c.add(i * ldc), mask) };
        }
    }
    for line in 0..lines {
        let a = a.wrapping_add(line * a_line);
        let mut b = b.wrapping_add(line * b_line);
        // One pointer that went from row to row would be a chain of additions as long as that of the sums.
        let mut rows = [0, 1, 2, 3].map(|i| a.wrapping_add(3 * i * ars));
        let mut add = |sums: &mut [[__m256; NV]; MR]| {
            // SAFETY: a row of B and a column of A, inside of the product.
            unsafe {
                let a = |i: usize| _mm256_set1_ps(*rows[i / 3].add(i % 3 * ars));
                if NV > MR {
                    // Fewer registers for A than for B.
                    let mut column = [_mm256_setzero_ps(); MR];
                    for (i, value) in column.iter_mut().enumerate() {
                        *value = a(i);
                    }
                    for v in 0..NV {
                        let b = load_one::<NV, WHOLE>(b, v, mask);
                        for (row, a) in sums.iter_mut().zip(column) {
                            row[v] = _mm256_fmadd_ps(a, b, row[v]);
                        }
                    }
                } else {
                    let b: [__m256; NV] = load::<NV, WHOLE>(b, mask);
                    for (i, row) in sums.iter_mut().enumerate() {
                        let a = a(i);
                        for (sum, b) in row.iter_mut().zip(b) {
                            *sum = _mm256_fmadd_ps(a, b, *sum);
                        }
                    }
                }
            }
            rows = rows.map(|row| row.wrapping_add(acs));
            b = b.wrapping_add(brs);
        };
        if NARROW {
            let mut even = sums;
            for (second, terms) in [(false, half(k)), (true, k - half(k))] {
                let mut odd = [[_mm256_setzero_ps(); NV]; MR];
                for _ in 0..terms / 2 {
                    add(&mut even);
                    add(&mut odd);
                }
                if terms % 2 == 1 {
                    add(&mut even);
                }
                let pairs = even.as_flattened_mut().iter_mut().zip(odd.as_flattened());
                for (sum, (even, odd)) in sums.as_flattened_mut().iter_mut().zip(pairs) {
                    let both = _mm256_add_ps(*even, *odd);
                    *sum = if second {
                        _mm256_add_ps(*sum, both)
                    } else {
                        both
                    };
                    *even = _mm256_setzero_ps();
                }
            }
            continue;
        }
        for _ in 0..k {
            add(&mut sums);
        }
    }
    finish!(t, sums, mask, NV, WHOLE);
    for (i, row) in sums.iter().enumerate() {
        for (v, sum) in row.iter().enumerate() {
            // SAFETY: row `i` of C, columns of the product only.
            unsafe {
                let c = c.add(i * ldc + v * LANES);
                if t.nontemporal {
                    _mm256_stream_ps(c, *sum);
                } else if v + 1 < NV || WHOLE {
                    _mm256_storeu_ps(c, *sum);
                } else {
                    _mm256_maskstore_ps(c, mask, *sum);
                }
            }
        }
    }
}

/// `NV` vectors, the last one masked unless `WHOLE`.
///
/// # Safety
/// The elements may be read, those of the last vector where the mask is set.
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) unsafe fn load<const NV: usize, const WHOLE: bool>(
    from: *const f32,
    mask: __m256i,
) -> [__m256; NV] {
    let mut vectors = [_mm256_setzero_ps(); NV];
    for (v, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: promised by the caller.
        *vector = unsafe { load_one::<NV, WHOLE>(from, v, mask) };
    }
    vectors
}

/// The vector `v` of those that [`load`] reads.
///
/// # Safety
/// As for [`load`].
#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) unsafe fn load_one<const NV: usize, const WHOLE: bool>(
    from: *const f32,
    v: usize,
    mask: __m256i,
) -> __m256 {
    // SAFETY: promised by the caller.
    unsafe {
        let from = from.add(v * LANES);
        if v + 1 < NV || WHOLE {
            _mm256_loadu_ps(from)
        } else {
            _mm256_maskload_ps(from, mask)
        }
    }
}

/// The first `n` lanes, `n < 8`.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn mask(n: usize) -> __m256i {
    const ONES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    // SAFETY: 8 of the 16 elements, from the 1st to the 9th on.
    unsafe { _mm256_loadu_si256(ONES.as_ptr().add(LANES - n % LANES).cast()) }
}
