//! Rows times a packed kernel on a microcontroller: one row after the other, a few outputs at a time, whose sums stay in registers.
#![allow(unsafe_code, clippy::indexing_slicing)]

use super::finish::{Range, requantize, requantize_twice};
use super::{rolled, tiles, unknown};
use crate::packing::BLOCK;
use crate::params::{Params, Rounding};

/// A packed kernel whose parameters are as many as its rows need.
#[derive(Clone, Copy)]
pub(crate) struct Kernel<'a> {
    params: &'a Params<'a>,
    inputs: usize,
    outputs: usize,
}

/// Where a tile is.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Tile {
    /// The first value of the row, which is not the last; the number of values is a multiple of 4.
    pub(super) x: *const i8,
    /// The first weight of the first output.
    pub(super) kernel: *const i8,
    /// Behind the last value of the row.
    pub(super) end: *const i8,
    /// From the weights of four values to those of the next four.
    pub(super) distance: usize,
    /// What the sums begin with.
    pub(super) bias: *const i32,
}

impl<'a> Kernel<'a> {
    /// That of rows of `inputs` values, a multiple of 4, to rows of `outputs`; none if there are fewer parameters than that.
    pub(crate) fn of(params: &'a Params<'a>, inputs: usize, outputs: usize) -> Option<Kernel<'a>> {
        let enough = inputs > 0
            && inputs.is_multiple_of(4)
            && params.bytes.len() / inputs >= outputs
            && params.bias.len() >= outputs
            && params.multiplier.len() >= outputs
            && params.shift.len() >= outputs;
        enough.then_some(Kernel {
            params,
            inputs,
            outputs,
        })
    }

    /// One row, if it is long enough.
    #[inline(never)]
    pub(crate) fn row(&self, x: &[i8], y: &mut [i8]) {
        let (params, outputs) = (self.params, self.outputs);
        if x.len() < self.inputs || y.len() < outputs {
            return;
        }
        let x = x.as_ptr();
        let mut kernel = params.bytes.as_ptr();
        let mut sums = [0; tiles::MOST];
        let mut done = 0;
        while done < outputs {
            let block = BLOCK.min(outputs - done);
            // SAFETY: `of` has seen that there are as many parameters as outputs; `done` is below that.
            let (bias, multiplier, shift, to) = unsafe {
                (
                    params.bias.as_ptr().add(done),
                    params.multiplier.as_ptr().add(done),
                    params.shift.as_ptr().add(done),
                    y.as_mut_ptr().add(done),
                )
            };
            let mut o = 0;
            while o < block {
                // SAFETY: the row has `inputs` values, and output `o` of the block its weights at `4 o`, every `4 block` bytes four of
                // them, which is all within the kernel; a tile has at most the outputs that are left in the block.
                let tile = unsafe {
                    tiles::sums(
                        Tile {
                            x,
                            kernel: kernel.add(4 * o),
                            end: x.add(self.inputs),
                            distance: 4 * block,
                            bias: bias.add(o),
                        },
                        block - o,
                        &mut sums,
                    )
                };
                let range = Range::of(params.zeros);
                // SAFETY: `o` and the outputs of the tile behind it are within the block, of which all pointers have as many as there are.
                unsafe {
                    let scales = (multiplier.add(o), shift.add(o));
                    match params.rounding {
                        Rounding::Twice => finish(
                            sums.as_ptr(),
                            tile,
                            scales,
                            range,
                            to.add(o),
                            requantize_twice,
                        ),
                        Rounding::Once => finish(
                            sums.as_ptr(),
                            tile,
                            scales,
                            range,
                            to.add(o),
                            |x, m, s, range| requantize(x, m, s, Rounding::Once, range),
                        ),
                    }
                }
                o += tile;
            }
            // SAFETY: the block ends where the next one begins, or at the end of the kernel.
            kernel = unsafe { kernel.add(block * self.inputs) };
            done += block;
        }
    }
}

/// Sums as outputs.
///
/// # Safety
/// There are `count` of all of them.
#[inline(never)]
unsafe fn finish(
    sums: *const i32,
    count: usize,
    (multiplier, shift): (*const i32, *const i8),
    range: Range,
    y: *mut i8,
    requantize: impl Fn(i32, i32, i8, Range) -> i8,
) {
    for o in 0..unknown(count) {
        rolled();
        // SAFETY: `o` is below the count.
        unsafe { *y.add(o) = requantize(*sums.add(o), *multiplier.add(o), *shift.add(o), range) };
    }
}
