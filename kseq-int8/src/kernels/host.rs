//! Rows times a packed kernel with vector instructions: some rows at a time in a buffer that stays in the cache, times some blocks of
//! outputs, whose sums stay in registers.
#![allow(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "arrays whose lengths are constants"
)]

use super::isa::{Isa, isa};
use super::reader::{Memory, Reader};
use super::{Range, channels};
use crate::op::Conv;
use crate::packing::BLOCK;
use crate::params::{Params, Rounding};
use core::mem::MaybeUninit;

/// The rows that are times the kernel at a time.
pub(super) const ROWS: usize = 12;
/// The blocks whose scales are prepared at a time.
const BLOCKS: usize = 8;

/// Where the rows come from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Rows that lie side by side, of so many values each.
    Rows(&'a [i8], usize),
    /// What the windows of a convolution see of an image, and what stands beyond its borders.
    Image(&'a Conv, &'a [i8], i8),
}

/// What an instruction set offers.
pub(super) struct Unit {
    /// What the bits of the values are changed with.
    pub(super) flip: u8,
    /// Copies so many values and changes their bits.
    pub(super) copy: unsafe fn(from: *const i8, to: *mut i8, len: usize),
    /// Prepares a block. Where the bits of the values are changed, it takes what they are too large by from the bias, if so it is asked.
    pub(super) prepare: unsafe fn(
        &Params<'_>,
        first: usize,
        inputs: usize,
        corrected: bool,
        &mut MaybeUninit<Prepared>,
    ),
    /// Computes a tile.
    pub(super) tile: unsafe fn(&Tile),
    /// What it offers for channels by themselves.
    pub(super) channels: Option<&'static channels::Unit>,
}

/// A tile: rows times outputs.
pub(super) struct Tile<'a> {
    /// Where the rows begin, if `step` is 0, else the first one. All can be read.
    pub(super) x: [*const u8; ROWS],
    /// From one row to the next, if that is the same for all of them, or 0.
    pub(super) step: usize,
    /// The lines of a row, from one to the next, and the values of each, a multiple of 4.
    pub(super) lines: usize,
    pub(super) line_step: usize,
    pub(super) line: usize,
    /// Whether there is but one row, and the bias has nothing taken from it.
    #[cfg_attr(target_arch = "aarch64", allow(dead_code))] // It takes nothing.
    pub(super) alone: bool,
    /// How many rows are wanted.
    pub(super) rows: usize,
    /// The weights of the first block.
    pub(super) kernel: *const i8,
    /// The values of a row: so many weights has each output.
    pub(super) inputs: usize,
    /// Of each of its blocks, which are whole, or one.
    pub(super) blocks: &'a [Prepared],
    /// The outputs of the last one.
    pub(super) width: usize,
    /// The first output.
    pub(super) y: *mut i8,
    /// The outputs of a row.
    pub(super) outputs: usize,
    pub(super) range: Range,
}

/// The scales of a block, as 64 bits of the outputs with even and with odd numbers: `(sum * multiplier + add + (it < 0 ? less : 0)) >> shift`
/// is the output before its zero point is added.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Prepared {
    pub(super) bias: [i32; BLOCK],
    pub(super) multiplier: [[i64; BLOCK / 2]; 2],
    pub(super) add: [[i64; BLOCK / 2]; 2],
    pub(super) less: [[i64; BLOCK / 2]; 2],
    pub(super) shift: [[i64; BLOCK / 2]; 2],
}

impl Prepared {
    pub(super) const ZERO: Prepared = Prepared {
        bias: [0; BLOCK],
        multiplier: [[0; BLOCK / 2]; 2],
        add: [[0; BLOCK / 2]; 2],
        less: [[0; BLOCK / 2]; 2],
        shift: [[0; BLOCK / 2]; 2],
    };

    /// The outputs of the lanes; those that there are not are 0.
    #[inline(always)]
    pub(super) fn fill(
        to: &mut MaybeUninit<Prepared>,
        params: &Params<'_>,
        output: impl Fn(usize) -> usize,
    ) {
        let (mut bias, mut multiplier, mut shift) = ([0; BLOCK], [0; BLOCK], [0; BLOCK]);
        for lane in 0..BLOCK {
            let at = output(lane);
            let all = (
                params.bias.get(at),
                params.multiplier.get(at),
                params.shift.get(at),
            );
            if let (Some(b), Some(m), Some(s)) = all {
                (bias[lane], multiplier[lane], shift[lane]) = (*b, *m, *s);
            }
        }
        let to = to.write(Prepared {
            bias,
            ..Prepared::ZERO
        });
        for half in 0..2 {
            for i in 0..BLOCK / 2 {
                let shift = i64::from(shift[2 * i + half]);
                let up = 1_i64.wrapping_shl((30 - shift) as u32);
                let (add, less) = match params.rounding {
                    // Halves away from zero.
                    Rounding::Once => (up, -1),
                    // First a half of what is left by 31 bits, up; then, if more is shifted, away from zero: what is negative is 1
                    // less then.
                    Rounding::Twice if shift < 0 => (up + (1 << 30), -1 << 31),
                    Rounding::Twice => (up, 0),
                };
                to.multiplier[half][i] = multiplier[2 * i + half].into();
                to.add[half][i] = add;
                to.less[half][i] = less;
                to.shift[half][i] = 31 - shift;
            }
        }
    }
}

/// The unit of an instruction set, if there is one.
pub(super) fn unit(isa: Isa) -> Option<&'static Unit> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some(&super::avx512::UNIT),
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni => Some(&super::avx2::VNNI),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => Some(&super::avx2::UNIT),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => Some(&super::neon::UNIT),
        #[cfg(target_arch = "aarch64")]
        Isa::Dotprod => Some(&super::neon::DOTPROD),
        _ => None,
    }
}

/// `count` rows of `inputs` values with padding to rows of `outputs`; whether it was done.
pub(crate) fn rows(
    params: &Params<'_>,
    source: Source<'_>,
    inputs: usize,
    outputs: usize,
    count: usize,
    y: &mut [i8],
) -> bool {
    let Some(unit) = unit(isa()) else {
        return false;
    };
    let enough = params.bias.len() >= outputs
        && params.multiplier.len() >= outputs
        && params.shift.len() >= outputs
        && params.bytes.len() >= inputs.saturating_mul(outputs)
        && y.len() >= count.saturating_mul(outputs)
        && outputs > 0
        && inputs.is_multiple_of(4);
    let mut memory = Memory::new();
    let reader = Reader::of(
        unit,
        source,
        params.bytes,
        inputs,
        outputs,
        count,
        &mut memory,
    );
    let (true, Some(mut reader)) = (enough, reader) else {
        return false;
    };
    let (kernel, deep) = reader.kernel();
    let mut prepared = [const { MaybeUninit::<Prepared>::uninit() }; BLOCKS];
    let range = Range::of(params.zeros);
    let mut first = 0;
    while first < outputs {
        let blocks = BLOCKS.min((outputs - first).div_ceil(BLOCK));
        for (block, prepared) in prepared.iter_mut().enumerate().take(blocks) {
            // SAFETY: the CPU has the instructions, and the parameters are as many as they have to be.
            unsafe {
                (unit.prepare)(
                    params,
                    first + block * BLOCK,
                    inputs,
                    !reader.alone(),
                    prepared,
                );
            }
        }
        let mut row = 0;
        while row < count {
            let some = match reader.read(row, count - row) {
                0 => return false,
                some => some,
            };
            let mut block = 0;
            while block < blocks {
                let begin = first + block * BLOCK;
                let wide = match ((outputs - begin) / BLOCK).min(blocks - block) {
                    0 | 1 => 1,
                    2 | 3 => 2,
                    _ => 4,
                };
                let mut done = 0;
                while done < some {
                    let wanted = reader.tile.min(some - done);
                    // SAFETY: the rows were read, the blocks and their outputs are there, as was seen above.
                    unsafe {
                        (unit.tile)(&Tile {
                            rows: wanted,
                            kernel: kernel.add(begin * deep),
                            inputs: deep,
                            // (Initialised by `prepare`.)
                            blocks: core::slice::from_raw_parts(
                                prepared.as_ptr().add(block).cast(),
                                wide,
                            ),
                            width: BLOCK.min(outputs - begin),
                            y: y.as_mut_ptr().add((row + done) * outputs + begin),
                            outputs,
                            range,
                            ..reader.rows(done, wanted)
                        });
                    }
                    done += wanted;
                }
                block += wide;
            }
            row += some;
        }
        first += blocks * BLOCK;
    }
    true
}
