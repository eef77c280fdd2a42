//! Tiles of a Cortex-M with the DSP extension: SMLAD multiplies two pairs of 16 bits and adds both products.
#![allow(unsafe_code)]

use super::kernel::Tile;
use core::arch::naked_asm;

/// The most outputs of a tile.
pub(super) const MOST: usize = 8;

/// `sum += x * w` for the four numbers of `r10` and `r11`, and of a word of weights. (SXTB16 takes the bytes 0 and 2, with the
/// rotation 1 and 3.)
macro_rules! add {
    ($($sum:literal $at:literal),+) => {
        concat!($(
            "ldr r12, [r1, #", $at, "]\n",
            "sxtb16 lr, r12\n",
            "sxtb16 r12, r12, ror #8\n",
            "smlad r", $sum, ", lr, r10, r", $sum, "\n",
            "smlad r", $sum, ", r12, r11, r", $sum, "\n",
        )+)
    };
}

/// A function for the sums of some outputs, which stay in registers: the values are r0, the weights r1; their end and the distance
/// are on the stack.
macro_rules! tile {
    ($name:ident, $load:literal, $store:literal, $($sum:literal $at:literal),+) => {
        /// # Safety
        /// What [`Tile`] says of its pointers is so for these outputs; `sums` are as many.
        #[unsafe(naked)]
        unsafe extern "C" fn $name(tile: &Tile, sums: *mut i32) {
            naked_asm!(
                "push {{r1, r4-r11, lr}}",
                "ldm r0, {{r0-r4}}",
                "push {{r2, r3}}",
                $load,
                "2:",
                "ldr r10, [r0], #4",
                "sxtb16 r11, r10, ror #8",
                "sxtb16 r10, r10",
                add!($($sum $at),+),
                "ldrd r12, lr, [sp]",
                "add r1, r1, lr",
                "cmp r0, r12",
                "bne 2b",
                "ldr r12, [sp, #8]",
                $store,
                "add sp, sp, #12",
                "pop {{r4-r11, pc}}",
            )
        }
    };
}

tile!(eight, "ldm r4, {{r2-r9}}", "stm r12, {{r2-r9}}", 2 0, 3 4, 4 8, 5 12, 6 16, 7 20, 8 24, 9 28);
tile!(four, "ldm r4, {{r2-r5}}", "stm r12, {{r2-r5}}", 2 0, 3 4, 4 8, 5 12);
tile!(one, "ldr r2, [r4]", "str r2, [r12]", 2 0);

/// The sums of a tile with at most `left` outputs. Returns how many there are.
///
/// # Safety
/// What `tile` says of its pointers is so for `left` outputs, of which there is one.
#[inline(always)]
pub(super) unsafe fn sums(tile: Tile, left: usize, sums: &mut [i32; MOST]) -> usize {
    let sums = sums.as_mut_ptr();
    // SAFETY: handed on; each has at most as many outputs as are left.
    unsafe {
        if left >= 8 {
            eight(&tile, sums);
            8
        } else if left >= 4 {
            four(&tile, sums);
            4
        } else {
            one(&tile, sums);
            1
        }
    }
}
