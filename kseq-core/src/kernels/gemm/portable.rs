//! The micro-kernel in plain Rust: tiles of 4 rows by 8 columns, for the compiler to vectorise.
//!
//! It needs about 1 KiB of stack and has no branch that could panic, so that a microcontroller can run it.

#![allow(unsafe_code)]

use super::micro_kernel::MicroKernel;
use super::product::Product;
use super::then::relu;
use core::mem::MaybeUninit;

const NR: usize = 8;

/// Terms of a panel that is copied to the stack: 512 bytes.
const PACK: usize = 16;

pub(super) static KERNEL: MicroKernel = MicroKernel {
    mr: 4,
    nr: NR,
    mc: 128,
    aliasing_stride: usize::MAX,
    prefetches: false,
    width,
    panel,
    packed,
    repeated: None,
    strip: None,
    transpose: None,
};

fn width(_m: usize, n: usize) -> usize {
    n.min(NR)
}

/// # Safety
/// See [`MicroKernel::packed`].
unsafe fn packed(product: &Product) {
    if product.m < 4 {
        // SAFETY: promised by the caller. Copying would take longer than reading through strides.
        return unsafe { panel(product) };
    }
    let mut buffer = [MaybeUninit::<f32>::uninit(); PACK * NR];
    let to: *mut f32 = buffer.as_mut_ptr().cast();
    let mut p = 0;
    while p < product.k {
        let k = PACK.min(product.k - p);
        // SAFETY: a part of the product; `k` rows of `n <= NR` elements fit into the buffer.
        unsafe {
            let mut part = product.terms(p, k);
            pack(&part, to, NR);
            part.b = to;
            part.brs = NR;
            part.bcs = 1;
            panel(&part);
        }
        p += k;
    }
}

/// Writes B row after row to `to`.
///
/// # Safety
/// B is valid, and `to` has room for `k` rows of `ld` elements.
pub(super) unsafe fn pack(product: &Product, to: *mut f32, ld: usize) {
    for p in 0..product.k {
        for j in 0..product.n {
            // SAFETY: an element of B, and its place in the buffer.
            unsafe { *to.add(p * ld + j) = *product.b.add(p * product.brs + j * product.bcs) };
        }
    }
}

/// # Safety
/// See [`MicroKernel::panel`]; `bcs` may be anything.
unsafe fn panel(product: &Product) {
    // SAFETY: parts of the product, each given to the tile of its size.
    unsafe {
        if product.n == NR && product.bcs == 1 {
            let mut i = 0;
            while i + 4 <= product.m {
                tile::<4>(&product.rows(i, 4));
                i += 4;
            }
            while i < product.m {
                tile::<1>(&product.rows(i, 1));
                i += 1;
            }
        } else {
            for i in 0..product.m {
                row(&product.rows(i, 1));
            }
        }
    }
}

/// `MR` rows by 8 columns.
///
/// # Safety
/// The product is valid and of that size, and `bcs` is 1.
unsafe fn tile<const MR: usize>(t: &Product) {
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
        ..
    } = *t;
    let mut sums = [[0.0; NR]; MR];
    if t.accumulate {
        for (i, row) in sums.iter_mut().enumerate() {
            // SAFETY: row `i` of C.
            *row = unsafe { c.add(i * ldc).cast::<[f32; NR]>().read() };
        }
    }
    for line in 0..lines {
        let mut a = t.a.wrapping_add(line * a_line);
        let mut b = t.b.wrapping_add(line * b_line);
        for _ in 0..k {
            // SAFETY: a row of B and a column of A, inside of the product.
            unsafe {
                let b = b.cast::<[f32; NR]>().read();
                for (i, row) in sums.iter_mut().enumerate() {
                    let a = *a.add(i * ars);
                    for (sum, b) in row.iter_mut().zip(b) {
                        *sum += a * b;
                    }
                }
            }
            a = a.wrapping_add(acs);
            b = b.wrapping_add(brs);
        }
    }
    for (i, mut row) in sums.into_iter().enumerate() {
        if !bias.is_null() {
            // SAFETY: a value for each of the columns.
            let bias = unsafe { bias.cast::<[f32; NR]>().read() };
            row.iter_mut().zip(bias).for_each(|(sum, b)| *sum += b);
        }
        if t.relu {
            row = row.map(relu);
        }
        for (j, sum) in row.iter_mut().enumerate() {
            // SAFETY: numbers for each of the columns.
            *sum = unsafe { then(t, j, *sum) };
        }
        // SAFETY: row `i` of C.
        unsafe { c.add(i * ldc).cast::<[f32; NR]>().write(row) };
    }
}

/// One row, any number of columns and any strides.
///
/// # Safety
/// The product is valid.
unsafe fn row(t: &Product) {
    for j in 0..t.n {
        // SAFETY: element `j` of C, and its terms of A and B.
        unsafe {
            let mut sum = if t.accumulate { *t.c.add(j) } else { 0.0 };
            for line in 0..t.lines {
                let mut a = t.a.wrapping_add(line * t.a_line);
                let mut b = t.b.wrapping_add(line * t.b_line + j * t.bcs);
                for _ in 0..t.k {
                    sum += *a * *b;
                    a = a.wrapping_add(t.acs);
                    b = b.wrapping_add(t.brs);
                }
            }
            if !t.bias.is_null() {
                sum += *t.bias.add(j);
            }
            *t.c.add(j) = then(t, j, if t.relu { relu(sum) } else { sum });
        }
    }
}

/// What becomes of a value of column `j` behind all else.
///
/// # Safety
/// The product has that column.
#[inline(always)]
unsafe fn then(t: &Product, j: usize, y: f32) -> f32 {
    if !t.then.is_some() {
        return y;
    }
    // SAFETY: promised by the caller; the numbers are borrowed as long as the product.
    let ([mean, factor, shift], is_relu) = unsafe {
        let numbers = t.then.numbers().map(|at| *at.add(j));
        (numbers, t.then.relu())
    };
    let y = (y - mean) * factor + shift;
    if is_relu { relu(y) } else { y }
}
