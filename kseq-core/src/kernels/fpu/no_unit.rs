//! Where there is no such unit, or none that is known here.

use super::{NO_BIAS, NR, Tile, Vector, rolled, unknown};
use crate::math;

/// The square root.
#[inline(always)]
#[cfg_attr(feature = "std", allow(dead_code))]
pub(crate) fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
}

/// The square root of a value in memory.
#[inline(always)]
#[cfg_attr(feature = "std", allow(dead_code))]
pub(crate) fn sqrt_of(x: &f32) -> f32 {
    sqrt(*x)
}

/// Columns of a row whose sums are in registers: one where a multiplication is a call, which keeps nothing there.
const AT_ONCE: usize = if cfg!(any(
    feature = "std",
    target_arch = "wasm32",
    target_feature = "f"
)) {
    NR
} else {
    1
};

/// The sums of a row.
///
/// # Safety
/// The elements of the row, the matrix and the sums are valid.
#[inline(always)]
pub(in crate::kernels) unsafe fn vector(mut v: Vector) {
    while v.columns > 0 {
        // SAFETY: promised by the caller.
        unsafe {
            v = if AT_ONCE > 1 && v.columns >= AT_ONCE {
                some_columns::<AT_ONCE>(v)
            } else {
                some_columns::<1>(v)
            };
        }
    }
}

/// The first `N` sums. Returns what is left.
///
/// # Safety
/// The elements of the row, the matrix and the sums are valid.
#[inline(always)]
unsafe fn some_columns<const N: usize>(v: Vector) -> Vector {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = v.start.cast::<[f32; N]>().read();
        let mut w = v.w;
        for p in 0..v.terms {
            rolled();
            let x = *v.x.add(p);
            for (sum, w) in sums.iter_mut().zip(w.cast::<[f32; N]>().read()) {
                *sum += x * w;
            }
            w = w.wrapping_byte_add(v.row);
        }
        v.y.cast::<[f32; N]>().write(sums);
    }
    v.without(N)
}

/// The sums of `MR` rows and 8 columns.
///
/// # Safety
/// The elements of all matrices are valid.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(in crate::kernels) unsafe fn rows<const MR: usize>(t: &Tile) {
    // SAFETY: promised by the caller.
    unsafe {
        if AT_ONCE > 1 {
            sums::<MR, NR>(t);
        } else {
            one_by_one(t, MR, NR);
        }
    }
}

/// The larger one of two values, `n` times; NaN stays.
///
/// # Safety
/// There are so many of all.
#[inline(never)]
pub(in crate::kernels) unsafe fn larger(y: *mut f32, a: *const f32, b: *const f32, n: usize) {
    for i in 0..unknown(n) {
        rolled();
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
    for i in 0..unknown(n) {
        rolled();
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
    for i in 0..unknown(n) {
        rolled();
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
    for i in 0..unknown(n) {
        rolled();
        // SAFETY: promised by the caller.
        unsafe { *y.add(i) *= factor };
    }
}

/// Adds the bias, unless it is null, to `n` sums, and makes what is not positive 0 if that is wanted. One loop for all cases:
/// without a bias it adds what changes nothing, without relu nothing is below the limit.
///
/// # Safety
/// There are so many of both.
#[cfg_attr(not(feature = "std"), inline(never))]
pub(in crate::kernels) unsafe fn finish(sums: *mut f32, n: usize, bias: *const f32, relu: bool) {
    if bias.is_null() && !relu {
        return;
    }
    let (mut bias, each) = match bias.is_null() {
        true => (&raw const NO_BIAS, 0),
        false => (bias, 1),
    };
    let limit = if relu { 0.0 } else { f32::NAN };
    for j in 0..unknown(n) {
        rolled();
        // SAFETY: promised by the caller.
        unsafe {
            let sum = *sums.add(j) + *bias;
            // (NaN stays.)
            *sums.add(j) = if sum <= limit { 0.0 } else { sum };
        }
        bias = bias.wrapping_add(each);
    }
}

/// Sums of one term, of `m` rows and 8 columns, without bias and relu.
///
/// # Safety
/// The elements of all matrices are valid.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(in crate::kernels) unsafe fn outer(t: &Tile, m: usize) {
    if AT_ONCE == 1 {
        // SAFETY: promised by the caller.
        return unsafe { one_by_one(t, m, NR) };
    }
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
#[cfg_attr(not(feature = "std"), inline(always))]
pub(in crate::kernels) unsafe fn columns<const N: usize>(t: &Tile) {
    // SAFETY: promised by the caller.
    unsafe {
        if AT_ONCE > 1 {
            sums::<1, N>(t);
        } else {
            one_by_one(t, 1, N);
        }
    }
}

/// The sums of `m` rows and `n` columns, one after the other: one function for all.
///
/// # Safety
/// The elements of all matrices are valid.
#[inline(never)]
unsafe fn one_by_one(t: &Tile, m: usize, n: usize) {
    let mut t = *t;
    for _ in 0..unknown(m) {
        for j in 0..unknown(n) {
            let (mut a, mut b) = (t.a, t.b.wrapping_byte_add(j * t.column_b));
            // SAFETY: elements of the product.
            unsafe {
                let (mut sum, mut lines) = (*t.start.add(j), t.lines);
                loop {
                    let mut terms = t.terms;
                    loop {
                        rolled();
                        sum += *a * *b;
                        a = a.wrapping_byte_add(t.term_a);
                        b = b.wrapping_byte_add(t.term_b);
                        terms -= 1;
                        if terms == 0 {
                            break;
                        }
                    }
                    a = a.wrapping_byte_add(t.line_a);
                    b = b.wrapping_byte_add(t.line_b);
                    lines -= 1;
                    if lines == 0 {
                        break;
                    }
                }
                *t.c.add(j) = sum;
            }
        }
        // SAFETY: elements of the product.
        unsafe { finish(t.c, n, t.bias, t.relu != 0) };
        t.a = t.a.wrapping_byte_add(t.row_a);
        t.c = t.c.wrapping_byte_add(t.row_c);
        t.start = t.start.wrapping_byte_add(t.row_start);
    }
}

/// The sums of `MR` rows and `N` columns in registers.
///
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

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::super::ZEROS;
    use super::*;

    /// What there is for targets without a unit, beside what there is for others.
    #[test]
    fn one_by_one_or_in_registers() {
        let numbers = |n: usize, by: usize| -> std::vec::Vec<f32> {
            (0..n).map(|i| ((i * by) % 17) as f32 - 8.0).collect()
        };
        let (a, b, bias) = (numbers(40, 5), numbers(120, 7), numbers(NR, 3));
        let [mut want, mut got] = [[0.0; 2 * NR]; 2];
        for (relu, biased) in [(0, false), (1, true), (0, true), (1, false)] {
            let tile = |c: &mut [f32]| Tile {
                a: a.as_ptr(),
                b: b.as_ptr(),
                c: c.as_mut_ptr(),
                start: ZEROS.as_ptr(),
                row_a: 4,
                row_c: 4 * NR,
                row_start: 0,
                term_a: 8,
                term_b: 4 * NR,
                column_b: 4,
                line_a: 16,
                line_b: 4,
                terms: 3,
                lines: 4,
                bias: if biased {
                    bias.as_ptr()
                } else {
                    core::ptr::null()
                },
                relu,
            };
            // SAFETY: lines of three terms: 4 times (3 * 2 + 4) values of A, 4 times (3 * 8 + 1) rows of B, and two rows of C.
            unsafe {
                sums::<2, NR>(&tile(&mut want));
                one_by_one(&tile(&mut got), 2, NR);
            }
            assert_eq!(got, want);
        }
    }
}
