//! Where there is no such unit, or none that is known here.

use super::{NR, Tile, Vector, finish};

/// The square root.
#[inline(always)]
#[cfg_attr(feature = "std", allow(dead_code))]
pub(crate) fn sqrt(x: f32) -> f32 {
    libm::sqrtf(x)
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
            super::rolled();
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
#[inline(never)]
pub(in crate::kernels) unsafe fn rows<const MR: usize>(t: &Tile) {
    // SAFETY: promised by the caller.
    unsafe { sums::<MR, NR>(t) }
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
            finish(t, c, N);
        }
    }
}
