//! One row times a matrix, `y = x W + b`: the dense layer of a single sample.
//!
//! The bits are those of [`gemm`](super::gemm::gemm_ends()), where one row would leave most registers empty: here the
//! sums of up to 256 columns are in registers, so that W is read in long runs, and what is to come is asked for in time.

#![allow(unsafe_code)]

use super::dispatch::{Isa, isa};
use super::gemm::{Ends, Mat, gemm_with};
use crate::pool::Pool;

/// `y = x W + b`, and of it `relu` if asked for; without a bias, `b` is empty.
///
/// ```
/// let (x, w) = ([1.0, 2.0], [1.0, 10.0, 100.0, 2.0, 20.0, -200.0]); // W is 2 by 3
/// let mut y = [0.0; 3];
/// kseq_core::kernels::row(&x, &w, &[0.5; 3], true, &mut y);
/// assert_eq!(y, [5.5, 50.5, 0.0]);
/// ```
///
/// # Panics
///
/// When the sizes do not fit each other.
pub fn row(x: &[f32], w: &[f32], b: &[f32], relu: bool, y: &mut [f32]) {
    let ends = Ends {
        bias: b,
        relu,
        ..Ends::default()
    };
    // SAFETY: what `isa` chooses is available.
    unsafe { on(isa(), x, w, ends, y) }
}

/// [`row`] that begins and ends as asked for. (More than 16 columns, if these are only some of the terms: see
/// [`is_narrow`](super::gemm_block::is_narrow).)
pub(crate) fn row_ends(x: &[f32], w: &[f32], ends: Ends<'_>, y: &mut [f32]) {
    // SAFETY: what `isa` chooses is available.
    unsafe { on(isa(), x, w, ends, y) }
}

/// The same with instructions of choice.
///
/// # Safety
/// The CPU has them.
#[inline]
unsafe fn on(isa: Isa, x: &[f32], w: &[f32], ends: Ends<'_>, y: &mut [f32]) {
    let (k, n, b) = (x.len(), y.len(), ends.bias);
    assert!(k.checked_mul(n) == Some(w.len()), "row: W is not k by n");
    assert!(
        b.is_empty() || b.len() == n,
        "row: not one bias for each column"
    );
    #[cfg(target_arch = "x86_64")]
    if isa == Isa::Avx512 {
        // SAFETY: the slices have the lengths of k, n, k n and n, or b is empty; the CPU has the instructions.
        return unsafe { avx512::columns((n, k), x.as_ptr(), w.as_ptr(), ends, y.as_mut_ptr()) };
    }
    if isa == Isa::Portable {
        return portable(x, w, ends, y);
    }
    let (x, w) = (Mat::rows(x, k), Mat::rows(w, n));
    gemm_with(isa, 1, n, k, x, w, y, n, ends, &Pool::Serial);
}

/// The sums stay in `y`, and W is read as it is stored, four rows at a time.
fn portable(x: &[f32], w: &[f32], ends: Ends<'_>, y: &mut [f32]) {
    let n = y.len().max(1);
    if !ends.accumulate {
        y.fill(0.0);
    }
    let (fours, rest) = x.as_chunks::<4>();
    let (w, w_rest) = w.split_at(fours.len() * 4 * n.min(y.len()));
    for ([x0, x1, x2, x3], w) in fours.iter().zip(w.chunks_exact(4 * n)) {
        let (w0, w) = w.split_at(n);
        let (w1, w) = w.split_at(n);
        let (w2, w3) = w.split_at(n);
        for ((((y, w0), w1), w2), w3) in y.iter_mut().zip(w0).zip(w1).zip(w2).zip(w3) {
            *y = *y + x0 * w0 + x1 * w1 + x2 * w2 + x3 * w3;
        }
    }
    for (x, w) in rest.iter().zip(w_rest.chunks_exact(n)) {
        for (y, w) in y.iter_mut().zip(w) {
            *y += x * w;
        }
    }
    ends.finish(y);
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use core::arch::x86_64::{
        __m512, __mmask16, _CMP_NLE_UQ, _MM_HINT_T0, _mm_prefetch, _mm512_add_ps,
        _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
        _mm512_maskz_mov_ps, _mm512_set1_ps, _mm512_setzero_ps,
    };

    use crate::kernels::gemm::Ends;
    use crate::kernels::gemm_block::is_narrow;

    const LANES: usize = 16;

    /// Bytes of W that are asked for in advance, and the least W that does not come from the first cache anyway.
    const AHEAD: usize = 16 * 1024;
    const NEAR: usize = 8 * 1024;

    /// All columns, as many side by side as there are registers for.
    ///
    /// # Safety
    /// `x` has `k` elements, `w` `k` rows of `n`, `b` `n` or none, `y` `n`; the CPU has AVX-512.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn columns(
        (n, k): (usize, usize),
        x: *const f32,
        w: *const f32,
        ends: Ends<'_>,
        y: *mut f32,
    ) {
        let b = ends.bias;
        let mut j = 0;
        while j < n {
            let vectors = (n - j).div_ceil(LANES);
            let sums = Sums {
                n,
                k,
                x,
                w: w.wrapping_add(j),
                b: if b.is_empty() {
                    core::ptr::null()
                } else {
                    b.as_ptr().wrapping_add(j)
                },
                load: ends.accumulate,
                relu: ends.relu,
                y: y.wrapping_add(j),
                left: n - j,
            };
            // SAFETY: columns from `j` on, of which the last ones are masked.
            j += LANES
                * unsafe {
                    match vectors {
                        16.. if k * n > NEAR => sums.run::<16, true, false>(),
                        16.. => sums.run::<16, false, false>(),
                        8.. => sums.run::<8, false, false>(),
                        4.. => sums.run::<4, false, false>(),
                        2.. => sums.run::<2, false, false>(),
                        _ if is_narrow(n, k) => sums.run::<1, false, true>(),
                        _ => sums.run::<1, false, false>(),
                    }
                };
        }
    }

    /// What some columns are computed of.
    struct Sums {
        n: usize,
        k: usize,
        x: *const f32,
        w: *const f32,
        b: *const f32,
        load: bool,
        relu: bool,
        y: *mut f32,
        /// Columns from here on.
        left: usize,
    }

    impl Sums {
        /// `NV` vectors of columns; returns their number.
        ///
        /// # Safety
        /// There are at least that many, but for the lanes of the last one.
        #[target_feature(enable = "avx512f")]
        #[inline]
        unsafe fn run<const NV: usize, const FAR: bool, const NARROW: bool>(self) -> usize {
            let Sums {
                n,
                k,
                x,
                w,
                b,
                load,
                relu,
                y,
                left,
            } = self;
            let lanes = (left - (NV - 1) * LANES).min(LANES);
            let last = 0xffff >> (LANES - lanes);
            let mask = |v: usize| -> __mmask16 { if v + 1 < NV { 0xffff } else { last } };
            let mut sums = [_mm512_setzero_ps(); NV];
            if load {
                for (v, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: columns of y.
                    *sum = unsafe { _mm512_maskz_loadu_ps(mask(v), y.add(v * LANES)) };
                }
            }
            let mut odd = [_mm512_setzero_ps(); NV];
            let (mut row, mut at) = (w, x);
            let mut add = |sums: &mut [__m512; NV]| {
                // SAFETY: an element of x and its row of W; a prefetch may be of any address.
                unsafe {
                    let x = _mm512_set1_ps(*at);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        let w = _mm512_maskz_loadu_ps(mask(v), row.add(v * LANES));
                        *sum = _mm512_fmadd_ps(x, w, *sum);
                        if FAR {
                            let ahead = row.wrapping_byte_add(AHEAD).wrapping_add(v * LANES);
                            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
                        }
                    }
                }
                row = row.wrapping_add(n);
                at = at.wrapping_add(1);
            };
            if NARROW {
                for _ in 0..k / 2 {
                    add(&mut sums);
                    add(&mut odd);
                }
            }
            for _ in 0..if NARROW { k % 2 } else { k } {
                add(&mut sums);
            }
            if NARROW {
                for (sum, odd) in sums.iter_mut().zip(odd) {
                    *sum = _mm512_add_ps(*sum, odd);
                }
            }
            for (v, mut sum) in sums.into_iter().enumerate() {
                if !b.is_null() {
                    // SAFETY: columns of the bias.
                    let bias = unsafe { _mm512_maskz_loadu_ps(mask(v), b.add(v * LANES)) };
                    sum = _mm512_add_ps(sum, bias);
                }
                // Not less or equal: NaN stays.
                let kept = match relu {
                    true => _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(sum, _mm512_setzero_ps()),
                    false => 0xffff,
                };
                // SAFETY: columns of y.
                unsafe {
                    let sum = _mm512_maskz_mov_ps(kept, sum);
                    _mm512_mask_storeu_ps(y.add(v * LANES), mask(v), sum);
                }
            }
            NV
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn bits_are_those_of_the_product() {
        let numbers = |n: usize| -> Vec<f32> {
            (0..n)
                .map(|i| ((i * 7919) % 1013) as f32 / 500.0 - 1.0)
                .collect()
        };
        for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
            for (k, n) in [
                (1, 1),
                (20, 64),
                (64, 10),
                (64, 1),
                (7, 16),
                (9, 257),
                (33, 300),
                (100, 528),
                (0, 5),
                (5, 0),
            ] {
                let (x, w, b) = (numbers(k), numbers(k * n), numbers(n));
                for (b, relu) in [(&b[..], true), (&[], false)] {
                    let (mut y, mut want) = (numbers(n), numbers(n));
                    let ends = Ends {
                        bias: b,
                        relu,
                        ..Ends::default()
                    };
                    // SAFETY: only those that are available.
                    unsafe { on(isa, &x, &w, ends, &mut y) };
                    let (rows, columns) = (Mat::rows(&x, k), Mat::rows(&w, n));
                    gemm_with(
                        isa,
                        1,
                        n,
                        k,
                        rows,
                        columns,
                        &mut want,
                        n,
                        ends,
                        &Pool::Serial,
                    );
                    assert_eq!(y, want, "{isa:?} {k} {n}");
                    if n > 16 {
                        let some = k / 3;
                        let (first, rest) = (
                            Ends::default(),
                            Ends {
                                accumulate: true,
                                ..ends
                            },
                        );
                        // SAFETY: as above.
                        unsafe {
                            on(isa, &x[..some], &w[..some * n], first, &mut y);
                            on(isa, &x[some..], &w[some * n..], rest, &mut y);
                        }
                        assert_eq!(y, want, "{isa:?} {k} {n}, in two parts");
                    }
                }
            }
        }
    }
}
