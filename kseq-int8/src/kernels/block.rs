//! The sums of one block of a packed kernel, for who makes something else of them than outputs.
#![allow(unsafe_code)]

use super::kernel::Tile;
use super::{rolled, tiles};
use crate::packing::BLOCK;

/// `to[o] = bias[o] + sum over i of x[i] * kernel[o][i]` for the rows of a block, as many as `bias` has; what does not fit is not
/// computed.
#[inline(never)]
pub(crate) fn block_sums(x: &[i8], kernel: &[i8], bias: &[i32], to: &mut [i32; BLOCK]) {
    let rows = bias.len().min(BLOCK);
    let inputs = x.len() / 4 * 4;
    if inputs == 0 || kernel.len() < inputs * rows {
        return;
    }
    let mut sums = [0; tiles::MOST];
    let mut o = 0;
    while o < rows {
        // SAFETY: `x` has `inputs` values, and row `o` its weights at `4 o`, every `4 rows` bytes four of them, which is all within the
        // kernel; a tile has at most the rows that are left.
        let tile = unsafe {
            tiles::sums(
                Tile {
                    x: x.as_ptr(),
                    kernel: kernel.as_ptr().add(4 * o),
                    end: x.as_ptr().add(inputs),
                    distance: 4 * rows,
                    bias: bias.as_ptr().add(o),
                },
                rows - o,
                &mut sums,
            )
        };
        for (to, sum) in to.iter_mut().skip(o).zip(sums.iter().take(tile)) {
            rolled();
            *to = *sum;
        }
        o += tile;
    }
}
