//! Tiles in plain Rust, for a CPU with few registers.
#![allow(unsafe_code)]

use super::kernel::Tile;

/// The most outputs of a tile: with a value, a weight, two addresses and the loop this is what 13 registers hold.
pub(super) const MOST: usize = 4;

/// The sums of a tile with at most `left` outputs. Returns how many there are.
///
/// # Safety
/// What `tile` says of its pointers is so for `left` outputs, of which there is one.
#[inline(always)]
pub(super) unsafe fn sums(tile: Tile, left: usize, sums: &mut [i32; MOST]) -> usize {
    // SAFETY: handed on.
    unsafe {
        if left >= MOST {
            *sums = some(tile);
            MOST
        } else {
            let [sum] = some(tile);
            let [first, ..] = sums;
            *first = sum;
            1
        }
    }
}

/// # Safety
/// What `tile` says of its pointers is so for `N` outputs.
#[inline(always)]
unsafe fn some<const N: usize>(tile: Tile) -> [i32; N] {
    let Tile {
        mut x,
        mut kernel,
        end,
        distance,
        bias,
    } = tile;
    // SAFETY: four values and `4 N` weights at a time, until the values end; behind the last weights there is no step.
    unsafe {
        let mut sums = bias.cast::<[i32; N]>().read_unaligned();
        loop {
            let values = x.cast::<[i8; 4]>().read_unaligned();
            let weights = kernel.cast::<[[i8; 4]; N]>();
            for (i, x) in values.into_iter().enumerate() {
                for (o, sum) in sums.iter_mut().enumerate() {
                    let w = *weights.cast::<i8>().add(4 * o + i);
                    *sum = sum.wrapping_add(i32::from(x) * i32::from(w));
                }
            }
            x = x.add(4);
            if x == end {
                return sums;
            }
            kernel = kernel.add(distance);
        }
    }
}
