//! The micro-kernels of NEON: tiles of up to 6 rows by 4 vectors of 4 columns, a wider one for a single row.

#![allow(unsafe_code)]

use super::micro_kernel::MicroKernel;
use super::product::Product;
use super::then::ThenAt;
use crate::kernels::cache::L1_FLOATS;
use core::arch::aarch64::{
    float32x4_t, vaddq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vmaxq_f32, vmulq_f32,
    vreinterpretq_f32_f64, vreinterpretq_f64_f32, vst1q_f32, vsubq_f32, vtrn1q_f32, vtrn2q_f32,
    vzip1q_f64, vzip2q_f64,
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
        for j in if p < k4 { n4 } else { 0 }..ld {
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
    let zero = [0.0; LANES];
    // SAFETY: vectors of zeros.
    let mut sums = [[unsafe { vld1q_f32(zero.as_ptr()) }; NV]; MR];
    let in_vector = |v: usize| LANES.min(n - v * LANES);
    if t.accumulate {
        for (i, row) in sums.iter_mut().enumerate() {
            for (v, sum) in row.iter_mut().enumerate() {
                let mut lanes = zero;
                // SAFETY: row `i` of C, columns of the product only.
                unsafe {
                    c.add(i * ldc + v * LANES)
                        .copy_to_nonoverlapping(lanes.as_mut_ptr(), in_vector(v));
                    *sum = vld1q_f32(lanes.as_ptr());
                }
            }
        }
    }
    for line in 0..lines {
        let mut a = t.a.wrapping_add(line * a_line);
        let mut b = t.b.wrapping_add(line * b_line);
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
    if !t.bias.is_null() {
        for row in &mut sums {
            for (v, sum) in row.iter_mut().enumerate() {
                let mut lanes = zero;
                // SAFETY: columns of the bias that the product has.
                unsafe {
                    let bias = t.bias.add(v * LANES);
                    bias.copy_to_nonoverlapping(lanes.as_mut_ptr(), in_vector(v));
                    *sum = vaddq_f32(*sum, vld1q_f32(lanes.as_ptr()));
                }
            }
        }
    }
    if t.relu {
        for sum in sums.as_flattened_mut() {
            // SAFETY: vectors in registers. A NaN stays one.
            *sum = unsafe { vmaxq_f32(*sum, vdupq_n_f32(0.0)) };
        }
    }
    if t.then.is_some() {
        let columns = |from: *const f32, v: usize| {
            let mut lanes = zero;
            // SAFETY: numbers of columns that the product has.
            unsafe {
                let from = from.add(v * LANES);
                from.copy_to_nonoverlapping(lanes.as_mut_ptr(), in_vector(v));
                vld1q_f32(lanes.as_ptr())
            }
        };
        for v in 0..NV {
            // SAFETY: something is to be done, with numbers that are borrowed as long as the product.
            let (numbers, is_relu) = unsafe { (t.then.numbers(), t.then.relu()) };
            let [mean, factor, shift] = numbers.map(|from| columns(from, v));
            for row in &mut sums {
                // SAFETY: vectors in registers.
                row[v] = unsafe {
                    let y = vaddq_f32(vmulq_f32(vsubq_f32(row[v], mean), factor), shift);
                    if is_relu {
                        vmaxq_f32(y, vdupq_n_f32(0.0))
                    } else {
                        y
                    }
                };
            }
        }
    }
    for (i, row) in sums.iter().enumerate() {
        for (v, sum) in row.iter().enumerate() {
            // SAFETY: row `i` of C, columns of the product only.
            unsafe {
                let c = c.add(i * ldc + v * LANES);
                if in_vector(v) == LANES {
                    vst1q_f32(c, *sum);
                } else {
                    let mut lanes = zero;
                    vst1q_f32(lanes.as_mut_ptr(), *sum);
                    c.copy_from_nonoverlapping(lanes.as_ptr(), in_vector(v));
                }
            }
        }
    }
}
