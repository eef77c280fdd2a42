//! 128 bits of aarch64: products of 8 bits, whose pairs are added; or SDOT, which adds four products.
#![allow(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "arrays of registers, whose lengths are constants"
)]

use super::Range;
use super::host::{Prepared, ROWS, Tile, Unit};
use crate::packing::BLOCK;
use crate::params::Params;
use core::arch::aarch64::*;
use core::arch::asm;
use core::mem::MaybeUninit;

/// Products whose pairs are added.
pub(super) static UNIT: Unit = Unit {
    flip: 0,
    copy,
    prepare,
    tile,
    channels: None,
};

/// Products of which four are added.
pub(super) static DOTPROD: Unit = Unit {
    tile: tile_dotprod,
    ..UNIT
};

/// # Safety
/// `len` values can be read and written.
unsafe fn copy(from: *const i8, to: *mut i8, len: usize) {
    // SAFETY: handed on.
    unsafe { core::ptr::copy_nonoverlapping(from, to, len) };
}

/// # Safety
/// None; it is a function of the [`Unit`].
unsafe fn prepare(
    params: &Params<'_>,
    first: usize,
    _: usize,
    _: bool,
    to: &mut MaybeUninit<Prepared>,
) {
    Prepared::fill(to, params, |lane| first + lane);
}

/// The row `r` of a tile; the last one if it is not wanted.
#[inline(always)]
fn row(t: &Tile<'_>, r: usize) -> *const u8 {
    let r = r.min(t.rows - 1).min(ROWS - 1);
    match t.step {
        0 => t.x[r],
        step => t.x[0].wrapping_add(r * step),
    }
}

/// Weights of four outputs from `first` on of a block of `width`.
///
/// # Safety
/// There is one, or all of the block.
#[inline(always)]
unsafe fn weights(from: *const i8, width: usize, first: usize) -> int8x16_t {
    // SAFETY: those of the block are read, and no others.
    unsafe {
        if first + 4 <= width {
            return vld1q_s8(from.add(4 * first));
        }
        let mut four = [0_i8; 16];
        let len = 4 * width.saturating_sub(first);
        core::ptr::copy_nonoverlapping(from.wrapping_add(4 * first), four.as_mut_ptr(), len);
        vld1q_s8(four.as_ptr())
    }
}

/// Four values, four times.
///
/// # Safety
/// They can be read.
#[inline(always)]
unsafe fn values(x: *const u8) -> int8x16_t {
    // SAFETY: handed on.
    unsafe { vreinterpretq_s8_s32(vdupq_n_s32(x.cast::<i32>().read_unaligned())) }
}

/// Computes a tile.
///
/// # Safety
/// What [`Tile`] says.
unsafe fn tile(t: &Tile<'_>) {
    /// The rows whose sums are in registers.
    const SOME: usize = 2;
    for block in 0..t.blocks.len() {
        let width = if t.blocks.len() == 1 { t.width } else { BLOCK };
        for first in (0..t.rows).step_by(SOME) {
            let mut kernel = t.kernel.wrapping_add(block * BLOCK * t.inputs);
            let x: [*const u8; SOME] = core::array::from_fn(|r| row(t, first + r));
            // SAFETY: four values of each row, and four weights of each output; only rows that are wanted are written.
            unsafe {
                // Of each output two sums, side by side.
                let mut sums = [[[vdupq_n_s32(0); 2]; 4]; SOME];
                for line in 0..t.lines {
                    for i in 0..t.line / 4 {
                        let x = x.map(|x| values(x.wrapping_add(line * t.line_step + 4 * i)));
                        for c in 0..4 {
                            let w = weights(kernel, width, 4 * c);
                            for r in 0..SOME {
                                let low = vmull_s8(vget_low_s8(x[r]), vget_low_s8(w));
                                let high = vmull_high_s8(x[r], w);
                                let [a, b] = &mut sums[r][c];
                                (*a, *b) = (vpadalq_s16(*a, low), vpadalq_s16(*b, high));
                            }
                        }
                        kernel = kernel.wrapping_add(4 * width);
                    }
                }
                for (r, sums) in sums.iter().enumerate().filter(|(r, _)| first + r < t.rows) {
                    finish(
                        t,
                        block,
                        first + r,
                        width,
                        sums.map(|[a, b]| vpaddq_s32(a, b)),
                    );
                }
            }
        }
    }
}

/// Computes a tile.
///
/// # Safety
/// What [`Tile`] says.
#[target_feature(enable = "dotprod")]
unsafe fn tile_dotprod(t: &Tile<'_>) {
    /// The rows whose sums are in registers.
    const SOME: usize = 4;
    for block in 0..t.blocks.len() {
        let width = if t.blocks.len() == 1 { t.width } else { BLOCK };
        for first in (0..t.rows).step_by(SOME) {
            let mut kernel = t.kernel.wrapping_add(block * BLOCK * t.inputs);
            let x: [*const u8; SOME] = core::array::from_fn(|r| row(t, first + r));
            // SAFETY: four values of each row, and four weights of each output; only rows that are wanted are written. SDOT is between
            // registers.
            unsafe {
                let mut sums = [[vdupq_n_s32(0); 4]; SOME];
                for line in 0..t.lines {
                    for i in 0..t.line / 4 {
                        let x = x.map(|x| values(x.wrapping_add(line * t.line_step + 4 * i)));
                        for c in 0..4 {
                            let w = weights(kernel, width, 4 * c);
                            for r in 0..SOME {
                                // (The function for it is not stable.)
                                asm!("sdot {sum:v}.4s, {w:v}.16b, {x:v}.16b", sum = inout(vreg) sums[r][c], w = in(vreg) w,
                                    x = in(vreg) x[r], options(pure, nomem, nostack, preserves_flags));
                            }
                        }
                        kernel = kernel.wrapping_add(4 * width);
                    }
                }
                for (r, sums) in sums.iter().enumerate().filter(|(r, _)| first + r < t.rows) {
                    finish(t, block, first + r, width, *sums);
                }
            }
        }
    }
}

/// The sums of a block without their bias, as outputs.
///
/// # Safety
/// What [`Tile`] says.
#[inline(always)]
unsafe fn finish(t: &Tile<'_>, block: usize, row: usize, width: usize, sums: [int32x4_t; 4]) {
    let p = &t.blocks[block];
    let y = bytes(
        t.range,
        [half(p, 0, sums[0], sums[1]), half(p, 4, sums[2], sums[3])],
    );
    let to = t.y.wrapping_add(row * t.outputs + block * BLOCK);
    // SAFETY: outputs of a row that is wanted.
    unsafe {
        if width == BLOCK {
            vst1q_s8(to, y);
        } else {
            let mut all = [0_i8; BLOCK];
            vst1q_s8(all.as_mut_ptr(), y);
            core::ptr::copy_nonoverlapping(all.as_ptr(), to, width);
        }
    }
}

/// Eight outputs without the zero point; `at` is 0 for the first half of a block, 4 for the second.
#[inline(always)]
fn half(p: &Prepared, at: usize, a: int32x4_t, b: int32x4_t) -> int16x8_t {
    // SAFETY: 32 bytes of the bias; the CPU has these instructions.
    unsafe {
        let bias = p.bias.as_ptr().add(2 * at);
        let (a, b) = (
            vaddq_s32(a, vld1q_s32(bias)),
            vaddq_s32(b, vld1q_s32(bias.add(4))),
        );
        let even = outputs(p, 0, at, vuzp1q_s32(a, b));
        let odd = outputs(p, 1, at, vuzp2q_s32(a, b));
        let (a, b) = (vzip1q_s32(even, odd), vzip2q_s32(even, odd));
        vcombine_s16(vqmovn_s32(a), vqmovn_s32(b))
    }
}

/// Four outputs, all of even or of odd numbers.
#[inline(always)]
fn outputs(p: &Prepared, half: usize, at: usize, sums: int32x4_t) -> int32x4_t {
    // SAFETY: 16 bytes each, `at` is 0 or 4; the CPU has these instructions.
    unsafe {
        let two = |sums: int32x2_t, at: usize| {
            let load = |x: &[i64; BLOCK / 2]| vld1q_s64(x.as_ptr().add(at));
            let product = vmull_s32(sums, vmovn_s64(load(&p.multiplier[half])));
            let less = vandq_s64(vshrq_n_s64::<63>(product), load(&p.less[half]));
            let rounded = vaddq_s64(vaddq_s64(product, load(&p.add[half])), less);
            vmovn_s64(vshlq_s64(rounded, vnegq_s64(load(&p.shift[half]))))
        };
        vcombine_s32(
            two(vget_low_s32(sums), at),
            two(vget_high_s32(sums), at + 2),
        )
    }
}

/// A block of outputs as bytes, with the zero point, within the range.
#[inline(always)]
fn bytes(range: Range, [a, b]: [int16x8_t; 2]) -> int8x16_t {
    // SAFETY: the CPU has these instructions.
    unsafe {
        let zero = vdupq_n_s16(range.zero as i16);
        let y = vcombine_s8(
            vqmovn_s16(vqaddq_s16(a, zero)),
            vqmovn_s16(vqaddq_s16(b, zero)),
        );
        let y = vmaxq_s8(y, vdupq_n_s8(range.min as i8));
        vminq_s8(y, vdupq_n_s8(range.max as i8))
    }
}
