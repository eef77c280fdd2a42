//! The micro-kernels of NEON: tiles of up to 6 rows by 4 vectors of 4 columns, a wider one for a single row.

#![allow(unsafe_code)]

use super::micro_kernel::MicroKernel;
use super::product::Product;
use super::then::ThenAt;
use crate::kernels::cache::L1_FLOATS;
use crate::kernels::vector_neon::{load_first, store_first};
use core::arch::aarch64::{
    float32x4_t, vaddq_f32, vdupq_n_f32, vfmaq_f32, vfmaq_laneq_f32, vld1q_f32, vmaxq_f32,
    vmulq_f32, vreinterpretq_f32_f64, vreinterpretq_f64_f32, vst1q_f32, vsubq_f32, vtrn1q_f32,
    vtrn2q_f32, vzip1q_f64, vzip2q_f64,
};
use core::mem::MaybeUninit;

const LANES: usize = 4;

/// The room for a packed panel.
const PACKED_FLOATS: usize = L1_FLOATS / 2;

pub(super) static KERNEL: MicroKernel = MicroKernel {
    mr: 6,
    nr: 4 * LANES,
    mc: 384,
    aliasing_stride: 1024,
    prefetches: false,
    width,
    panel,
    packed,
    repeated: None,
    strip: None,
    transpose: None,
};

fn width(m: usize, n: usize) -> usize {
    if n < LANES {
        return n;
    }
    let most = if m == 1 { 8 } else { 4 };
    LANES * most.min(1 << (n / LANES).ilog2())
}

/// Copies B to the stack, in rows padded to whole vectors.
///
/// # Safety
/// See [`MicroKernel::packed`].
unsafe fn packed(product: &Product) {
    let mut buffer = [MaybeUninit::<f32>::uninit(); PACKED_FLOATS];
    let to: *mut f32 = buffer.as_mut_ptr().cast();
    let ld = product.n.next_multiple_of(LANES);
    let most = PACKED_FLOATS / ld;
    let mut p = 0;
    while p < product.k {
        let k = most.min(product.k - p);
        // SAFETY: a part of the product; `k * ld` elements fit into the buffer, and all of them are written.
        unsafe {
            let mut part = product.terms(p, k);
            copy(&part, to, ld);
            part.b = to;
            part.brs = ld;
            part.bcs = 1;
            whole(&part);
        }
        p += k;
    }
}

/// Writes B row after row to `to`, and zeros to the right of it.
///
/// # Safety
/// B is valid, and `to` has room for `k` rows of `ld` elements.
unsafe fn copy(product: &Product, to: *mut f32, ld: usize) {
    let Product {
        n, k, b, brs, bcs, ..
    } = *product;
    let (n4, k4) = if brs == 1 {
        (n - n % 4, k - k % 4)
    } else {
        (0, 0)
    };
    for j in (0..n4).step_by(4) {
        for p in (0..k4).step_by(4) {
            // SAFETY: 4 columns by 4 rows inside of B and of the buffer.
            unsafe { transpose_4x4(b.add(j * bcs + p), bcs, to.add(p * ld + j), ld) };
        }
    }
    for p in 0..k {
        let first = if p < k4 { n4 } else { 0 };
        if bcs == 1 {
            for j in (first..ld).step_by(LANES) {
                // SAFETY: the columns of B that there are, and a vector in the buffer.
                unsafe {
                    let columns = load_first(b.add(p * brs + j), LANES.min(n - j));
                    vst1q_f32(to.add(p * ld + j), columns);
                }
            }
            continue;
        }
        for j in first..ld {
            // SAFETY: a place in the buffer, and its element of B if there is one.
            unsafe {
                *to.add(p * ld + j) = if j < n {
                    *b.add(p * brs + j * bcs)
                } else {
                    0.0
                }
            };
        }
    }
}

/// # Safety
/// 4 by 4 elements can be read at `from`, `bcs` apart, and written at `to`, `ld` apart.
#[inline(always)]
unsafe fn transpose_4x4(from: *const f32, bcs: usize, to: *mut f32, ld: usize) {
    // SAFETY: promised by the caller; every aarch64 CPU that Rust compiles floats for has NEON.
    unsafe {
        let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|i| vld1q_f32(from.add(i * bcs)));
        let wide = |x: float32x4_t| vreinterpretq_f64_f32(x);
        let (a, b) = (wide(vtrn1q_f32(r0, r1)), wide(vtrn2q_f32(r0, r1)));
        let (c, d) = (wide(vtrn1q_f32(r2, r3)), wide(vtrn2q_f32(r2, r3)));
        let columns = [
            vzip1q_f64(a, c),
            vzip1q_f64(b, d),
            vzip2q_f64(a, c),
            vzip2q_f64(b, d),
        ];
        for (i, column) in columns.into_iter().enumerate() {
            vst1q_f32(to.add(i * ld), vreinterpretq_f32_f64(column));
        }
    }
}

/// # Safety
/// See [`MicroKernel::panel`].
unsafe fn panel(product: &Product) {
    // SAFETY: promised by the caller. There are no masks: columns that fill no vector are copied first.
    unsafe {
        if product.n.is_multiple_of(LANES) {
            return whole(product);
        }
        for line in 0..product.lines {
            let last = line + 1 == product.lines;
            packed(&Product {
                lines: 1,
                a: product.a.wrapping_add(line * product.a_line),
                b: product.b.wrapping_add(line * product.b_line),
                accumulate: product.accumulate || line > 0,
                bias: if last {
                    product.bias
                } else {
                    core::ptr::null()
                },
                relu: product.relu && last,
                then: if last { product.then } else { ThenAt::NONE },
                ..*product
            });
        }
    }
}

/// A panel whose rows of B can be read in whole vectors.
///
/// # Safety
/// As for [`panel`].
unsafe fn whole(product: &Product) {
    let vectors = product.n.div_ceil(LANES);
    let most = if vectors == 8 { 1 } else { 6 };
    let tiles = product.m.div_ceil(most);
    let mut i = 0;
    for t in 0..tiles {
        let end = (t + 1) * product.m / tiles;
        // SAFETY: rows `i..end` of the product; `tile` is given the number of rows and vectors it is for.
        unsafe {
            let rows = product.rows(i, end - i);
            macro_rules! choose {
                ($($vectors:literal: $($rows:literal)*;)*) => {
                    match (vectors, end - i) {
                        $($(($vectors, $rows) => tile::<$rows, $vectors>(&rows),)*)*
                        _ => unreachable!("no such tile"),
                    }
                };
            }
            choose! {
                8: 1;
                4: 1 2 3 4 5 6;
                2: 1 2 3 4 5 6;
                1: 1 2 3 4 5 6;
            }
        }
        i = end;
    }
}

/// `MR` rows by `NV` vectors of C.
///
/// # Safety
/// The product is valid and of that size, `bcs` is 1, and whole vectors of B can be read.
unsafe fn tile<const MR: usize, const NV: usize>(t: &Product) {
    let Product {
        n,
        k,
        lines,
        a_line,
        b_line,
        ars,
        acs,
        brs,
        ldc,
        c,
        ..
    } = *t;
    // What is rare is done by way of the stack, in a function for all tiles: in this one it would keep the compiler from holding the
    // sums in registers.
    let is_whole = n == NV * LANES;
    let mut aside = [[[0.0; LANES]; NV]; MR];
    // SAFETY: vectors of zeros.
    let mut sums = [[unsafe { vdupq_n_f32(0.0) }; NV]; MR];
    if t.accumulate {
        let (mut from, mut ld) = (c.cast_const(), ldc);
        if !is_whole {
            // SAFETY: as many rows as the product has, each with room for its columns.
            unsafe { copy_some(t, aside.as_flattened_mut().as_flattened_mut()) };
            (from, ld) = (aside.as_ptr().cast(), NV * LANES);
        }
        for (i, row) in sums.iter_mut().enumerate() {
            for (v, sum) in row.iter_mut().enumerate() {
                // SAFETY: row `i` of C or of its copy, in whole vectors.
                *sum = unsafe { vld1q_f32(from.add(i * ld + v * LANES)) };
            }
        }
    }
    for line in 0..lines {
        let a = t.a.wrapping_add(line * a_line);
        let b = t.b.wrapping_add(line * b_line);
        // SAFETY: the terms of a line.
        unsafe {
            if acs == 1 {
                by_rows(&mut sums, k, (a, ars), (b, brs));
            } else if ars == 1 && MR > 1 {
                by_columns(&mut sums, k, (a, acs), (b, brs));
            } else {
                one_by_one(&mut sums, k, (a, ars, acs), (b, brs));
            }
        }
    }
    if !is_whole || t.then.is_some() {
        for (aside, row) in aside.iter_mut().zip(&sums) {
            for (lanes, sum) in aside.iter_mut().zip(row) {
                // SAFETY: four lanes.
                unsafe { vst1q_f32(lanes.as_mut_ptr(), *sum) };
            }
        }
        // SAFETY: the sums of this product.
        return unsafe { finish(t, aside.as_flattened()) };
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, sum) in row.iter().enumerate() {
            let mut sum = *sum;
            // SAFETY: columns of the bias that the product has, and row `i` of C. A NaN stays one.
            unsafe {
                if !t.bias.is_null() {
                    sum = vaddq_f32(sum, vld1q_f32(t.bias.add(v * LANES)));
                }
                if t.relu {
                    sum = vmaxq_f32(sum, vdupq_n_f32(0.0));
                }
                vst1q_f32(c.add(i * ldc + v * LANES), sum);
            }
        }
    }
}

/// Copies C to rows that are as far apart as whole vectors are long.
///
/// # Safety
/// The product is valid, and has no more columns than such a row.
#[inline(never)]
unsafe fn copy_some(t: &Product, to: &mut [f32]) {
    for (i, to) in to.chunks_exact_mut(t.n.next_multiple_of(LANES)).enumerate() {
        for (j, to) in to.iter_mut().enumerate().take(t.n) {
            // SAFETY: an element of C.
            *to = unsafe { *t.c.add(i * t.ldc + j) };
        }
    }
}

/// From sums, in whole vectors, to what is stored of them.
///
/// # Safety
/// The product is valid, and these are its sums.
#[inline(never)]
unsafe fn finish(t: &Product, sums: &[[f32; LANES]]) {
    for (i, row) in sums.chunks_exact(t.n.div_ceil(LANES)).enumerate() {
        for (v, sum) in row.iter().enumerate() {
            let (j, some) = (v * LANES, LANES.min(t.n - v * LANES));
            // SAFETY: columns that the product has, of row `i` of C too; what is to be done behind the sums is borrowed as long as the
            // product.
            unsafe {
                let mut sum = vld1q_f32(sum.as_ptr());
                let relu = |x| vmaxq_f32(x, vdupq_n_f32(0.0));
                if !t.bias.is_null() {
                    sum = vaddq_f32(sum, load_first(t.bias.add(j), some));
                }
                if t.relu {
                    sum = relu(sum);
                }
                if t.then.is_some() {
                    let column = |from: *const f32| load_first(from.add(j), some);
                    let [mean, factor, shift] = t.then.numbers().map(column);
                    sum = vaddq_f32(vmulq_f32(vsubq_f32(sum, mean), factor), shift);
                    if t.then.relu() {
                        sum = relu(sum);
                    }
                }
                store_first(sum, t.c.add(i * t.ldc + j), some);
            }
        }
    }
}

/// Adds `k` terms to the sums of a tile: the rows of A are contiguous, `ars` apart, and four terms of each are read at once.
///
/// # Safety
/// `MR` by `k` elements of A, and as many rows of `NV` vectors of B can be read.
#[inline(always)]
unsafe fn by_rows<const MR: usize, const NV: usize>(
    sums: &mut [[float32x4_t; NV]; MR],
    k: usize,
    (mut a, ars): (*const f32, usize),
    (mut b, brs): (*const f32, usize),
) {
    for _ in 0..k / 4 {
        // SAFETY: four terms of each row, and their rows of B.
        unsafe {
            let mut rows = [vdupq_n_f32(0.0); MR];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = vld1q_f32(a.add(i * ars));
            }
            macro_rules! terms {
                ($($lane:literal)*) => {$(
                    for v in 0..NV {
                        let b = vld1q_f32(b.add(v * LANES));
                        for (sums, a) in sums.iter_mut().zip(rows) {
                            sums[v] = vfmaq_laneq_f32::<$lane>(sums[v], b, a);
                        }
                    }
                    b = b.wrapping_add(brs);
                )*};
            }
            terms!(0 1 2 3);
        }
        a = a.wrapping_add(4);
    }
    // SAFETY: the terms that are left.
    unsafe { one_by_one(sums, k % 4, (a, ars, 1), (b, brs)) };
}

/// The same if the columns of A are contiguous, `acs` apart: a transposed matrix, of which a column is read at once.
///
/// # Safety
/// As [`by_rows`].
#[inline(always)]
unsafe fn by_columns<const MR: usize, const NV: usize>(
    sums: &mut [[float32x4_t; NV]; MR],
    k: usize,
    (mut a, acs): (*const f32, usize),
    (mut b, brs): (*const f32, usize),
) {
    for _ in 0..k {
        // SAFETY: a column of A, no more than its `MR` elements, and a row of B.
        unsafe {
            let low = load_first(a, MR.min(LANES));
            let high = load_first(a.wrapping_add(LANES), MR.saturating_sub(LANES));
            for v in 0..NV {
                let b = vld1q_f32(b.add(v * LANES));
                for (i, row) in sums.iter_mut().enumerate() {
                    let sum = row[v];
                    row[v] = match i {
                        0 => vfmaq_laneq_f32::<0>(sum, b, low),
                        1 => vfmaq_laneq_f32::<1>(sum, b, low),
                        2 => vfmaq_laneq_f32::<2>(sum, b, low),
                        3 => vfmaq_laneq_f32::<3>(sum, b, low),
                        4 => vfmaq_laneq_f32::<0>(sum, b, high),
                        _ => vfmaq_laneq_f32::<1>(sum, b, high),
                    };
                }
            }
        }
        a = a.wrapping_add(acs);
        b = b.wrapping_add(brs);
    }
}

/// The same for any strides of A.
///
/// # Safety
/// As [`by_rows`].
#[inline(always)]
unsafe fn one_by_one<const MR: usize, const NV: usize>(
    sums: &mut [[float32x4_t; NV]; MR],
    k: usize,
    (mut a, ars, acs): (*const f32, usize, usize),
    (mut b, brs): (*const f32, usize),
) {
    for _ in 0..k {
        // SAFETY: a row of B, in whole vectors, and a column of A.
        unsafe {
            let mut row_of_b = [vdupq_n_f32(0.0); NV];
            for (v, vector) in row_of_b.iter_mut().enumerate() {
                *vector = vld1q_f32(b.add(v * LANES));
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let a = vdupq_n_f32(*a.add(i * ars));
                for (sum, b) in row.iter_mut().zip(row_of_b) {
                    *sum = vfmaq_f32(*sum, a, b);
                }
            }
        }
        a = a.wrapping_add(acs);
        b = b.wrapping_add(brs);
    }
}
