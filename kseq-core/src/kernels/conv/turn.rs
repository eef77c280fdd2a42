//! Pixels whose channels lie side by side as planes, and back.

#![allow(unsafe_code)]

use super::patches::inside;
use crate::kernels::dispatch::Isa;
#[cfg(target_arch = "x86_64")]
use crate::kernels::gemm::transpose_8x8;

/// Rows and columns of a block that is transposed in registers.
#[cfg(target_arch = "x86_64")]
const BLOCK: usize = 8;

/// Each channel of so many pixels to a plane of its own, which is `next` behind the one before. Where there are fewer than eight
/// channels, planes up to the eighth may be overwritten.
///
/// # Panics
///
/// When the instructions are not there, or the values outside of their slices.
pub(super) fn apart(
    isa: Isa,
    pixels: &[f32],
    [count, channels]: [usize; 2],
    planes: &mut [f32],
    next: usize,
) {
    if channels == 1 {
        return planes[..count].copy_from_slice(&pixels[..count]);
    }
    turn(isa, pixels, channels, [count, channels], planes, next);
}

/// The reverse. `pixels` may have others behind these: they are to be written afterwards, since some values of them may be
/// overwritten.
///
/// # Panics
///
/// As [`apart`].
pub(super) fn together(
    isa: Isa,
    planes: &[f32],
    next: usize,
    [count, channels]: [usize; 2],
    pixels: &mut [f32],
) {
    if channels == 1 {
        return pixels[..count].copy_from_slice(&planes[..count]);
    }
    turn(isa, planes, next, [channels, count], pixels, channels);
}

/// Element `i * from_next + j` to place `j * to_next + i`.
fn turn(
    isa: Isa,
    from: &[f32],
    from_next: usize,
    [m, n]: [usize; 2],
    to: &mut [f32],
    to_next: usize,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(
        inside(from.len(), &[[m, from_next], [n, 1]]) && inside(to.len(), &[[n, to_next], [m, 1]]),
        "conv: pixels outside of their slices"
    );
    assert!(isa.available(), "conv: the CPU has no such instructions");
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: all elements are inside of the slices, and the CPU has the instructions.
        Isa::Avx512 | Isa::Avx2 if m.max(n) >= BLOCK => unsafe {
            turn_avx2(from, from_next, [m, n], to, to_next);
        },
        _ => one_by_one(from, from_next, [0..m, 0..n], to, to_next),
    }
}

fn one_by_one(
    from: &[f32],
    from_next: usize,
    [rows, columns]: [core::ops::Range<usize>; 2],
    to: &mut [f32],
    to_next: usize,
) {
    for j in columns {
        for i in rows.clone() {
            to[j * to_next + i] = from[i * from_next + j];
        }
    }
}

/// Blocks of eight by eight, the last of which overlap. Of a side that is shorter, what lies behind it is taken for it, as far as
/// there is something; so something is written too much, which the next block writes again.
///
/// # Safety
/// The CPU has AVX2, and all elements are inside of the slices.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn turn_avx2(
    from: &[f32],
    from_next: usize,
    [m, n]: [usize; 2],
    to: &mut [f32],
    to_next: usize,
) {
    let end = |at: usize, next: usize| (at + BLOCK - 1).saturating_mul(next).saturating_add(BLOCK);
    // Of a short side there is a single block, at 0.
    let [last_row, last_column] = [m, n].map(|len| len.saturating_sub(BLOCK));
    let mut j = 0;
    while j < n {
        let column = j.min(last_column);
        let to_column = end(column, to_next);
        let mut i = 0;
        while i < m {
            let row = i.min(last_row);
            if end(row, from_next).saturating_add(column) <= from.len()
                && to_column.saturating_add(row) <= to.len()
            {
                // SAFETY: the last elements of the block are inside of the slices, and the CPU has the instructions.
                unsafe {
                    let from = from.as_ptr().add(row * from_next + column);
                    let to = to.as_mut_ptr().add(column * to_next + row);
                    transpose_8x8(from, from_next, to, to_next);
                }
            } else {
                let some = [row..m.min(row + BLOCK), column..n.min(column + BLOCK)];
                one_by_one(from, from_next, some, to, to_next);
            }
            i = row + BLOCK;
        }
        j = column + BLOCK;
    }
}
