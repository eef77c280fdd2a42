//! Where there is no such unit, or none that is known here.

use super::{NR, Tile};
use crate::math;

/// The square root.
#[inline(always)]
#[cfg_attr(feature = "std", allow(dead_code))]
pub(crate) fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
}

/// The sums of `MR` rows and 8 columns.
///
/// # Safety
/// The elements of all matrices are valid.
#[inline(never)]
pub(in crate::kernels) unsafe fn rows<const MR: usize>(t: &Tile) {
    // SAFETY: promised by the caller.
    unsafe { sums::<MR, NR>(t) }
}

/// The larger one of two values, `n` times; NaN stays.
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn larger(y: *mut f32, a: *const f32, b: *const f32, n: usize) {
    for i in 0..n {
        // SAFETY: promised by the caller.
        unsafe { *y.add(i) = math::larger(*a.add(i), *b.add(i)) };
    }
}

/// The largest one of three values, `n` times; NaN stays.
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn larger_of_three(
    y: *mut f32,
    a: *const f32,
    b: *const f32,
    c: *const f32,
    n: usize,
) {
    for i in 0..n {
        // SAFETY: promised by the caller.
        unsafe { *y.add(i) = math::larger(math::larger(*a.add(i), *b.add(i)), *c.add(i)) };
    }
}

/// The sum of three values, `n` times.
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn sum(
    y: *mut f32,
    a: *const f32,
    b: *const f32,
    c: *const f32,
    n: usize,
) {
    for i in 0..n {
        // SAFETY: promised by the caller.
        unsafe { *y.add(i) = *a.add(i) + *b.add(i) + *c.add(i) };
    }
}

/// Multiplies `n` values by a number.
///
/// # Safety
/// There are so many.
#[inline(never)]
pub(in crate::kernels) unsafe fn scale(y: *mut f32, n: usize, factor: f32) {
    for i in 0..n {
        // SAFETY: promised by the caller.
        unsafe { *y.add(i) *= factor };
    }
}

/// Adds the bias, unless it is null, to `n` sums, and makes what is not positive 0 if that is wanted.
///
/// # Safety
/// There are so many of both.
pub(in crate::kernels) unsafe fn finish(sums: *mut f32, n: usize, bias: *const f32, relu: bool) {
    if bias.is_null() && !relu {
        return;
    }
    for j in 0..n {
        // SAFETY: promised by the caller.
        unsafe {
            let mut sum = *sums.add(j);
            if !bias.is_null() {
                sum += *bias.add(j);
            }
            // NaN stays.
            *sums.add(j) = if relu && sum <= 0.0 { 0.0 } else { sum };
        }
    }
}

/// Sums of one term, of `m` rows and 8 columns, without bias and relu.
///
/// # Safety
/// The elements of all matrices are valid.
#[inline(never)]
pub(in crate::kernels) unsafe fn outer(t: &Tile, m: usize) {
    let mut t = *t;
    for _ in 0..m {
        // SAFETY: promised by the caller.
        unsafe { sums::<1, NR>(&t) };
        t.a = t.a.wrapping_byte_add(t.row_a);
        t.c = t.c.wrapping_byte_add(t.row_c);
        t.start = t.start.wrapping_byte_add(t.row_start);
    }
}

/// The sums of one row and `N` columns.
///
/// # Safety
/// The elements of all matrices are valid.
#[inline(never)]
pub(in crate::kernels) unsafe fn columns<const N: usize>(t: &Tile) {
    // SAFETY: promised by the caller.
    unsafe { sums::<1, N>(t) }
}

/// # Safety
/// The elements of all matrices are valid.
#[inline(always)]
unsafe fn sums<const MR: usize, const N: usize>(t: &Tile) {
    let mut sums = [[0.0; N]; MR];
    // SAFETY: elements of the product.
    unsafe {
        for (i, row) in sums.iter_mut().enumerate() {
            *row = t.start.byte_add(i * t.row_start).cast::<[f32; N]>().read();
        }
        let (mut a, mut b) = (t.a, t.b);
        for _ in 0..t.lines {
            for _ in 0..t.terms {
                for (i, row) in sums.iter_mut().enumerate() {
                    let a = *a.byte_add(i * t.row_a);
                    for (j, sum) in row.iter_mut().enumerate() {
                        *sum += a * *b.byte_add(j * t.column_b);
                    }
                }
                a = a.wrapping_byte_add(t.term_a);
                b = b.wrapping_byte_add(t.term_b);
            }
            a = a.wrapping_byte_add(t.line_a);
            b = b.wrapping_byte_add(t.line_b);
        }
        for (i, row) in sums.into_iter().enumerate() {
            let c = t.c.byte_add(i * t.row_c);
            c.cast::<[f32; N]>().write(row);
            finish(c, N, t.bias, t.relu != 0);
        }
    }
}
