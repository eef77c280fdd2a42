//! One row times a matrix, `y = x W + b`: the dense layer of a single sample.
//!
//! The bits are those of [`gemm`](super::gemm_with_epilogue), where one row would leave most registers empty: here the
//! sums of up to 256 columns are in registers, so that W is read in long runs, and what comes next is prefetched in time.

#![allow(unsafe_code)]

use super::device;
use super::epilogue::Epilogue;
#[cfg(target_arch = "x86_64")]
use super::long_row;
use super::matrix::Mat;
use super::multiply::gemm_with_isa;
use super::product::is_narrow;
use crate::kernels::cache::{L2_FLOATS, LINE_FLOATS};
use crate::kernels::dispatch::{DEVICE, Isa, isa};
use crate::pool::{Pool, alone_below};

/// `y = x W + b`, and of it `relu` if wanted; without a bias, `b` is empty.
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
    let epilogue = Epilogue {
        bias: b,
        relu,
        ..Epilogue::default()
    };
    row_with_epilogue(x, w, epilogue, y, &Pool::Serial);
}

/// [`row`] with any start and epilogue, on the threads of the pool. (More than 16 columns, if these are only some of the terms: see
/// [`is_narrow`](super::product::is_narrow).)
#[inline(always)]
pub(crate) fn row_with_epilogue(
    x: &[f32],
    w: &[f32],
    epilogue: Epilogue<'_>,
    y: &mut [f32],
    pool: &Pool,
) {
    let (k, n, b) = (x.len(), y.len(), epilogue.bias);
    assert!(k.checked_mul(n) == Some(w.len()), "row: W is not k by n");
    assert!(
        b.is_empty() || b.len() == n,
        "row: not one bias for each column"
    );
    if pool.threads() > 1 && is_split(isa(), k, n) {
        return split(isa(), x, Mat::rows(w, n), epilogue, y, pool);
    }
    // SAFETY: what `isa` chooses is available, and W has its rows.
    unsafe { on(isa(), x, Mat::rows(w, n), epilogue, y) }
}

/// Weights that are worth a second thread: they come from behind the second level cache, or from that of each thread.
const SPLIT: usize = alone_below(L2_FLOATS / 2);

/// Whether threads share the columns: enough of them, and so many terms that a part is not computed in another way than the whole (see
/// [`is_narrow`]).
fn is_split(isa: Isa, k: usize, n: usize) -> bool {
    let alone = DEVICE || isa == Isa::Portable || is_narrow(1, k);
    !alone && n >= 2 * COLUMNS && k.saturating_mul(n) >= SPLIT
}

/// The columns of a thread, about so many at least: each row of them is some lines of the cache.
const COLUMNS: usize = 4 * LINE_FLOATS;

/// The most parts: more threads would wait for the same memory, as far as one can tell without that many.
const PARTS: usize = 16;

/// The columns cut into one part for each thread. Two threads mostly have the same parts the next time, and find their weights in their
/// caches.
///
/// Where the rows of W are powers of two apart, the columns of one part fill only some sets of a cache. Which part comes first therefore
/// changes with the place of W: behind an even number of rows and one of biases, of the same width, each of two threads has the other half.
/// (Weights of 784 by 512 and 512 by 512 then stay in two caches of 2 MB: 20 us for both in place of 36.)
fn split(isa: Isa, x: &[f32], w: Mat<'_>, epilogue: Epilogue<'_>, y: &mut [f32], pool: &Pool) {
    let n = y.len();
    let count = pool.threads().min(n / COLUMNS).clamp(1, PARTS);
    let some = n.div_ceil(count).next_multiple_of(LINE_FLOATS);
    let count = n.div_ceil(some);
    let mut parts: [(usize, &mut [f32]); PARTS] = core::array::from_fn(|_| (0, &mut [][..]));
    let rows_before = w.data.as_ptr().addr() / size_of::<f32>() / n.max(1);
    for (i, y) in y.chunks_mut(some).enumerate() {
        parts[(i + rows_before) % count.max(1)] = (i * some, y);
    }
    pool.for_each_chunk(&mut parts[..count], 1, |_, part| {
        for (first, y) in part {
            let bias = match epilogue.bias {
                [] => epilogue.bias,
                bias => &bias[*first..][..y.len()],
            };
            let data = w.data.get(*first..).unwrap_or_default();
            let (w, ends) = (Mat { data, ..w }, Epilogue { bias, ..epilogue });
            // SAFETY: the instructions are those of the caller; these columns of W have as many rows, and as many biases, or there is none.
            unsafe { on(isa, x, w, ends, y) }
        }
    });
}

/// The same with instructions of choice, of columns of a matrix that may be wider. (In line, so that flags which were just written are
/// not read back two at a time, which waits for the cache.)
///
/// # Safety
/// The CPU has them, W has a row of `y.len()` elements side by side for each value of `x`, and the bias as many if there is one.
#[inline(always)]
unsafe fn on(isa: Isa, x: &[f32], w: Mat<'_>, epilogue: Epilogue<'_>, y: &mut [f32]) {
    let (k, n) = (x.len(), y.len());
    debug_assert!(w.cs == 1 && w.holds(k, n), "row: not columns of W");
    if DEVICE {
        return device::row(x, w, epilogue, y);
    }
    #[cfg(target_arch = "x86_64")]
    if matches!(isa, Isa::Avx512 | Isa::Avx2) && long_row::is_long(isa, k, w.rs) {
        if !epilogue.accumulate {
            y.fill(0.0);
        }
        // SAFETY: the rows of W are there; the CPU has the instructions.
        unsafe { long_row::add(x, w, y) };
        return epilogue.finish(y);
    }
    #[cfg(target_arch = "x86_64")]
    if isa == Isa::Avx512 {
        let sums = avx512::Sums {
            n,
            k,
            x: x.as_ptr(),
            w: w.data.as_ptr(),
            stride: w.rs,
            b: epilogue.bias_ptr(),
            accumulate: epilogue.accumulate,
            relu: epilogue.relu,
            y: y.as_mut_ptr(),
        };
        // SAFETY: the slices have the lengths of k, n and n, or b is empty; W has its rows; the CPU has the instructions.
        return unsafe { sums.run() };
    }
    // (Only a test asks for some of the columns.)
    if isa == Isa::Portable && w.rs == n {
        return portable(x, w.data, epilogue, y);
    }
    gemm_with_isa(
        isa,
        1,
        n,
        k,
        Mat::rows(x, k),
        w,
        y,
        n,
        epilogue,
        &Pool::Serial,
    );
}

/// The sums stay in `y`, and W is read as it is stored, four rows at a time.
fn portable(x: &[f32], w: &[f32], epilogue: Epilogue<'_>, y: &mut [f32]) {
    let n = y.len().max(1);
    if !epilogue.accumulate {
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
    epilogue.finish(y);
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use core::arch::x86_64::{
        __m512, __mmask8, __mmask16, _CMP_NLE_UQ, _MM_HINT_T0, _mm_prefetch, _mm256_maskz_loadu_ps,
        _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_fmadd_ps, _mm512_mask_storeu_ps,
        _mm512_maskz_loadu_ps, _mm512_maskz_mov_ps, _mm512_set1_ps, _mm512_setzero_ps,
        _mm512_zextps256_ps512,
    };

    use crate::kernels::cache::L1_FLOATS;
    use crate::kernels::gemm::product::{half, is_narrow};

    const LANES: usize = 16;

    /// How many bytes of W ahead are prefetched, if it does not come from the first level cache anyway.
    const PREFETCH_BYTES: usize = 16 * 1024;

    /// What a row of sums is computed of.
    pub struct Sums {
        pub n: usize,
        pub k: usize,
        pub x: *const f32,
        pub w: *const f32,
        /// From a row of W to the next one.
        pub stride: usize,
        /// Or null.
        pub b: *const f32,
        pub accumulate: bool,
        pub relu: bool,
        pub y: *mut f32,
    }

    impl Sums {
        /// All columns, as many side by side as there are registers for. Each number of them is a function of its own: in
        /// small layers, what one prepares for all the others would take longer than the sums.
        ///
        /// # Safety
        /// `x` has `k` elements, `w` `k` rows of `n`, `stride` apart, `b` `n` if it is there, `y` `n`; the CPU has AVX-512.
        #[target_feature(enable = "avx512f,avx512vl")]
        #[inline]
        pub unsafe fn run(&self) {
            let Sums { n, k, .. } = *self;
            let mut j = 0;
            while j < n {
                // SAFETY: columns from `j` on, of which the last ones are masked.
                j += unsafe {
                    match (n - j).div_ceil(LANES) {
                        16.. if k * self.stride > L1_FLOATS => self.columns::<16, true>(j),
                        16.. => self.columns::<16, false>(j),
                        8.. => self.columns::<8, false>(j),
                        4.. => self.columns::<4, false>(j),
                        2.. => self.columns::<2, false>(j),
                        _ if is_narrow(n, k) && n <= 8 => self.narrow::<true>(),
                        _ if is_narrow(n, k) => self.narrow::<false>(),
                        _ => self.columns::<1, false>(j),
                    }
                };
            }
        }

        /// `NV` vectors of columns from `j` on; returns the number of columns.
        ///
        /// # Safety
        /// There are at least that many, but for the lanes of the last one.
        #[target_feature(enable = "avx512f")]
        #[inline(never)]
        unsafe fn columns<const NV: usize, const PREFETCH: bool>(&self, j: usize) -> usize {
            let Sums {
                n, k, x, w, stride, ..
            } = *self;
            let last = first_lanes((n - j - (NV - 1) * LANES).min(LANES));
            let mask = |v: usize| -> __mmask16 { if v + 1 < NV { 0xffff } else { last } };
            let mut sums = [_mm512_setzero_ps(); NV];
            if self.accumulate {
                for (v, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: columns of y.
                    *sum = unsafe { _mm512_maskz_loadu_ps(mask(v), self.y.add(j + v * LANES)) };
                }
            }
            let mut row = w.wrapping_add(j);
            for p in 0..k {
                // SAFETY: an element of x and its row of W; a prefetch may be of any address.
                unsafe {
                    let x = _mm512_set1_ps(*x.add(p));
                    for (v, sum) in sums.iter_mut().enumerate() {
                        let w = _mm512_maskz_loadu_ps(mask(v), row.add(v * LANES));
                        *sum = _mm512_fmadd_ps(x, w, *sum);
                        if PREFETCH {
                            let ahead = row
                                .wrapping_byte_add(PREFETCH_BYTES)
                                .wrapping_add(v * LANES);
                            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
                        }
                    }
                }
                row = row.wrapping_add(stride);
            }
            for (v, sum) in sums.into_iter().enumerate() {
                // SAFETY: the columns of this vector.
                unsafe { self.finish(j + v * LANES, mask(v), sum) };
            }
            NV * LANES
        }

        /// All columns, at most 16, or 8 if `EIGHT`, whose rows then lie across two lines of memory less often. The even and the
        /// odd terms of each [`half`] have sums of their own.
        ///
        /// # Safety
        /// See [`Sums::run`].
        #[target_feature(enable = "avx512f,avx512vl")]
        #[inline(never)]
        unsafe fn narrow<const EIGHT: bool>(&self) -> usize {
            let Sums {
                n, k, x, w, stride, ..
            } = *self;
            let mask = first_lanes(n);
            let [mut even, mut odd, mut even2, mut odd2] = [_mm512_setzero_ps(); 4];
            if self.accumulate {
                // SAFETY: columns of y.
                even = unsafe { _mm512_maskz_loadu_ps(mask, self.y) };
            }
            let add = |p: usize, row: *const f32, sum: &mut __m512| {
                // SAFETY: an element of x and its row of W.
                unsafe {
                    let w = if EIGHT {
                        _mm512_zextps256_ps512(_mm256_maskz_loadu_ps(mask as __mmask8, row))
                    } else {
                        _mm512_maskz_loadu_ps(mask, row)
                    };
                    *sum = _mm512_fmadd_ps(_mm512_set1_ps(*x.add(p)), w, *sum);
                }
            };
            let half = half(k);
            let (mut row, mut row2) = (w, w.wrapping_add(half * stride));
            let mut p = 0;
            while p < half {
                add(p, row, &mut even);
                add(p + 1, row.wrapping_add(stride), &mut odd);
                add(half + p, row2, &mut even2);
                add(half + p + 1, row2.wrapping_add(stride), &mut odd2);
                row = row.wrapping_add(2 * stride);
                row2 = row2.wrapping_add(2 * stride);
                p += 2;
            }
            for p in 2 * half..k {
                let sum = if p % 2 == 0 { &mut even2 } else { &mut odd2 };
                add(p, row2, sum);
                row2 = row2.wrapping_add(stride);
            }
            let sum = _mm512_add_ps(_mm512_add_ps(even, odd), _mm512_add_ps(even2, odd2));
            // SAFETY: all columns.
            unsafe { self.finish(0, mask, sum) };
            n
        }

        /// From the sums of some columns to what is stored of them.
        ///
        /// # Safety
        /// There are such columns from `j` on.
        #[target_feature(enable = "avx512f")]
        #[inline]
        unsafe fn finish(&self, j: usize, mask: __mmask16, mut sum: __m512) {
            if !self.b.is_null() {
                // SAFETY: columns of the bias.
                let bias = unsafe { _mm512_maskz_loadu_ps(mask, self.b.add(j)) };
                sum = _mm512_add_ps(sum, bias);
            }
            if self.relu {
                // Not less or equal: NaN stays.
                let kept = _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(sum, _mm512_setzero_ps());
                sum = _mm512_maskz_mov_ps(kept, sum);
            }
            // SAFETY: columns of y.
            unsafe { _mm512_mask_storeu_ps(self.y.add(j), mask, sum) };
        }
    }

    /// The first `n` lanes, 1 to 16.
    const fn first_lanes(n: usize) -> __mmask16 {
        0xffff >> (LANES - n)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn numbers(n: usize) -> Vec<f32> {
        (0..n)
            .map(|i| ((i * 7919) % 1013) as f32 / 500.0 - 1.0)
            .collect()
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn bits_are_the_same_on_any_number_of_threads() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
            for (k, n) in [
                (129, 130),
                (300, 193),
                (150, 962),
                (150, 961),
                (400, 512),
                (2100, 1100),
            ] {
                let (x, w, b) = (numbers(k), numbers(k * n), numbers(n));
                for accumulate in [false, true] {
                    let epilogue = Epilogue {
                        bias: &b,
                        relu: true,
                        accumulate,
                        ..Epilogue::default()
                    };
                    let (w, mut want) = (Mat::rows(&w, n), numbers(n));
                    // SAFETY: only instructions that are available, and W has its rows.
                    unsafe { on(isa, &x, w, epilogue, &mut want) };
                    for threads in [2, 3, 15] {
                        let (pool, mut y) = (Pool::of(threads).expect("a pool"), numbers(n));
                        split(isa, &x, w, epilogue, &mut y, &pool);
                        assert_eq!(y, want, "{isa:?} {k} {n}, {threads} threads");
                    }
                }
            }
        }
    }

    #[test]
    fn bits_are_those_of_the_product() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.available()) {
            for (k, n) in [
                (1, 1),
                (20, 64),
                (64, 10),
                (64, 1),
                (7, 16),
                (9, 257),
                (6, 8),
                (15, 5),
                (33, 300),
                (100, 528),
                (301, 483),
                (0, 5),
                (5, 0),
            ] {
                let (x, w, b) = (numbers(k), numbers(k * n), numbers(n));
                for (b, relu) in [(&b[..], true), (&[], false)] {
                    let (mut y, mut want) = (numbers(n), numbers(n));
                    let epilogue = Epilogue {
                        bias: b,
                        relu,
                        ..Epilogue::default()
                    };
                    // SAFETY: only those that are available.
                    unsafe { on(isa, &x, Mat::rows(&w, n), epilogue, &mut y) };
                    let (rows, columns) = (Mat::rows(&x, k), Mat::rows(&w, n));
                    gemm_with_isa(
                        isa,
                        1,
                        n,
                        k,
                        rows,
                        columns,
                        &mut want,
                        n,
                        epilogue,
                        &Pool::Serial,
                    );
                    assert_eq!(y, want, "{isa:?} {k} {n}");
                    if n > 16 {
                        let some = k / 3;
                        let (first, rest) = (
                            Epilogue::default(),
                            Epilogue {
                                accumulate: true,
                                ..epilogue
                            },
                        );
                        // SAFETY: as above.
                        unsafe {
                            on(isa, &x[..some], Mat::rows(&w[..some * n], n), first, &mut y);
                            on(isa, &x[some..], Mat::rows(&w[some * n..], n), rest, &mut y);
                        }
                        assert_eq!(y, want, "{isa:?} {k} {n}, in two parts");
                    }
                }
            }
        }
    }
}
