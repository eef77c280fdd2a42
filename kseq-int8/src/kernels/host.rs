//! Rows times a packed kernel with vector instructions: some rows at a time in a buffer that stays in the cache, times some blocks of
//! outputs, whose sums stay in registers.
#![allow(unsafe_code)]

use super::Range;
use super::isa::{Isa, isa};
use crate::op::Conv;
use crate::packing::BLOCK;
use crate::params::{Params, Rounding};
use crate::patches::{Seen, fill_with};

/// The bytes of the buffer. (With them and the weights of a layer the first cache is full.)
const BUFFER: usize = 16 * 1024;
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
    /// The rows of a tile.
    pub(super) rows: usize,
    /// What the bits of the values are changed with.
    pub(super) flip: u8,
    /// Copies so many bytes and changes their bits.
    pub(super) copy: unsafe fn(from: *const i8, to: *mut i8, len: usize),
    /// Copies lines as [`copy_lines`](super::copy_lines) does.
    pub(super) lines: unsafe fn(&Lines),
    /// Prepares a block.
    pub(super) prepare: unsafe fn(&Params<'_>, first: usize, inputs: usize, corrected: bool, &mut Prepared),
    /// Computes a tile.
    pub(super) tile: unsafe fn(&Tile),
}

/// Lines that are copied.
pub(super) struct Lines {
    pub(super) from: *const i8,
    pub(super) from_step: usize,
    pub(super) to: *mut i8,
    pub(super) to_step: usize,
    pub(super) len: usize,
    pub(super) lines: usize,
}

/// A tile: rows times outputs.
pub(super) struct Tile<'a> {
    /// The first row; as many as a tile has can be read.
    pub(super) x: *const u8,
    /// The values of a row, with padding.
    pub(super) inputs: usize,
    /// Whether there is but one row, and the bias has nothing taken from it.
    pub(super) alone: bool,
    /// How many rows are wanted.
    pub(super) rows: usize,
    /// The weights of the first block.
    pub(super) kernel: *const i8,
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
    const ZERO: Prepared = Prepared {
        bias: [0; BLOCK],
        multiplier: [[0; BLOCK / 2]; 2],
        add: [[0; BLOCK / 2]; 2],
        less: [[0; BLOCK / 2]; 2],
        shift: [[0; BLOCK / 2]; 2],
    };

    /// The block from output `first` on.
    #[inline(always)]
    pub(super) fn fill(&mut self, params: &Params<'_>, first: usize) {
        let bias = params.bias.get(first..).unwrap_or_default();
        for (to, bias) in self.bias.iter_mut().zip(bias) {
            *to = *bias;
        }
        let scales = params.multiplier.iter().zip(params.shift).skip(first);
        for (o, (multiplier, shift)) in scales.take(BLOCK).enumerate() {
            let shift = i64::from(*shift);
            let half = 1_i64.wrapping_shl((30 - shift) as u32);
            let (add, less) = match params.rounding {
                // Halves away from zero.
                Rounding::Once => (half, -1),
                // First a half of what is left by 31 bits, up; then, if more is shifted, away from zero: what is negative is 1 less then.
                Rounding::Twice if shift < 0 => (half + (1 << 30), -1 << 31),
                Rounding::Twice => (half, 0),
            };
            put(&mut self.multiplier, o, (*multiplier).into());
            put(&mut self.add, o, add);
            put(&mut self.less, o, less);
            put(&mut self.shift, o, 31 - shift);
        }
    }
}

/// Puts the value of an output where it lies.
#[inline(always)]
fn put(to: &mut [[i64; BLOCK / 2]; 2], output: usize, value: i64) {
    if let Some(to) = to.get_mut(output % 2).and_then(|to| to.get_mut(output / 2)) {
        *to = value;
    }
}

/// The unit of an instruction set, if there is one.
fn unit(isa: Isa) -> Option<&'static Unit> {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => Some(&super::avx512::UNIT),
        _ => None,
    }
}

/// Rows of a buffer.
#[repr(C, align(64))]
struct Buffer([core::mem::MaybeUninit<u8>; BUFFER]);

/// `count` rows of `inputs` values with padding to rows of `outputs`; whether it was done.
///
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
    let tile = if count < 3 { 1 } else { unit.rows };
    // (The last row is read to its end by whole vectors.)
    let fit = BUFFER.checked_div(inputs).unwrap_or_default() / tile * tile;
    let enough = params.bias.len() >= outputs
        && params.multiplier.len() >= outputs
        && params.shift.len() >= outputs
        && params.bytes.len() >= inputs.saturating_mul(outputs)
        && y.len() >= count.saturating_mul(outputs)
        && outputs > 0
        && inputs.is_multiple_of(4);
    if fit == 0 || !enough {
        return false;
    }
    let mut buffer = Buffer([const { core::mem::MaybeUninit::uninit() }; BUFFER]);
    let buffer = buffer.0.as_mut_ptr().cast::<u8>();
    // SAFETY: the rows of the buffer that are used: what nobody writes to, the padding and the last rows of a tile, is read, too.
    unsafe { buffer.write_bytes(0, fit.min(count.next_multiple_of(tile)) * inputs) };
    let mut prepared = [Prepared::ZERO; BLOCKS];
    let range = Range::of(params.zeros);
    let mut first = 0;
    while first < outputs {
        let blocks = BLOCKS.min((outputs - first).div_ceil(BLOCK));
        for (block, prepared) in prepared.iter_mut().enumerate().take(blocks) {
            // SAFETY: the CPU has the instructions, and the parameters are as many as they have to be.
            unsafe {
                (unit.prepare)(params, first + block * BLOCK, inputs, tile > 1, prepared);
            }
        }
        let mut row = 0;
        while row < count {
            let some = fit.min(count - row);
            // SAFETY: the buffer has room for them.
            if !unsafe { read(unit, source, inputs, row, some, buffer) } {
                return false;
            }
            let mut block = 0;
            while block < blocks {
                let begin = first + block * BLOCK;
                let whole = (outputs - begin) / BLOCK;
                let wide = match whole.min(blocks - block) {
                    0 | 1 => 1,
                    2 | 3 => 2,
                    _ => 4,
                };
                let mut done = 0;
                while done < some {
                    // SAFETY: within the buffer, whose rows are a multiple of a tile's; the blocks and their outputs are there, as was
                    // seen above.
                    unsafe {
                        (unit.tile)(&Tile {
                            x: buffer.add(done * inputs),
                            inputs,
                            alone: tile == 1,
                            rows: tile.min(some - done),
                            kernel: params.bytes.as_ptr().add(begin * inputs),
                            blocks: prepared.get(block..block + wide).unwrap_or_default(),
                            width: BLOCK.min(outputs - begin),
                            y: y.as_mut_ptr().add((row + done) * outputs + begin),
                            outputs,
                            range,
                        });
                    }
                    done += tile;
                }
                block += wide;
            }
            row += some;
        }
        first += blocks * BLOCK;
    }
    true
}

/// Reads rows into the buffer; whether they are there.
///
/// # Safety
/// The buffer has room for so many rows.
unsafe fn read(unit: &Unit, source: Source<'_>, inputs: usize, first: usize, count: usize, buffer: *mut u8) -> bool {
    let buffer = buffer.cast::<i8>();
    match source {
        Source::Rows(x, len) => {
            let Some(x) = x.get(first * len..(first + count) * len) else {
                return false;
            };
            if len > inputs {
                return false;
            }
            // SAFETY: as many values as the slice has, which the buffer has room for.
            unsafe {
                if len == inputs {
                    (unit.copy)(x.as_ptr(), buffer, x.len());
                } else {
                    for row in 0..count {
                        let to = buffer.add(row * inputs);
                        (unit.copy)(x.as_ptr().add(row * len), to, len);
                    }
                }
            }
        }
        Source::Image(conv, x, zero) => {
            let [h, w] = &conv.axes;
            let (Some(mut row), Some(mut column)) = (first.checked_div(w.output), first.checked_rem(w.output)) else {
                return false;
            };
            let mut high = Seen::of(h, row);
            for pixel in 0..count {
                // SAFETY: a row of the buffer.
                let patch = unsafe { core::slice::from_raw_parts_mut(buffer.add(pixel * inputs), inputs) };
                let zero = zero ^ unit.flip as i8;
                fill_with(conv, zero, x, high, Seen::of(w, column), patch, |from, from_step, to, to_step, len, lines| {
                    let Some(last) = lines.checked_sub(1) else {
                        return;
                    };
                    if last * from_step + len > from.len() || last * to_step + len > to.len() {
                        return;
                    }
                    // SAFETY: within both slices, as the last one is.
                    unsafe {
                        (unit.lines)(&Lines {
                            from: from.as_ptr(),
                            from_step,
                            to: to.as_mut_ptr(),
                            to_step,
                            len,
                            lines,
                        });
                    }
                });
                column += 1;
                if column == w.output {
                    (row, column) = (row + 1, 0);
                    high = Seen::of(h, row);
                }
            }
        }
    }
    true
}
