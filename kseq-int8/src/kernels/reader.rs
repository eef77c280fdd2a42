//! The rows of a product, where a tile can read them: in memory that stays in the cache.
#![allow(unsafe_code)]

use super::Range;
use super::host::{ROWS, Source, Tile, Unit};
use crate::op::{Axis, Conv};
use crate::packing::{BLOCK, padded};
use crate::patches::{Seen, fill};
use core::mem::MaybeUninit;

/// The bytes of the rows, on the stack: with them and the weights of a layer the first cache is full. Without std it may be a small one.
const BUFFER: usize = KIB * if cfg!(feature = "std") { 16 } else { 4 };
/// The bytes of a part of an image, at most and if it can be less.
const BAND: usize = KIB * if cfg!(feature = "std") { 48 } else { 12 };
const SMALL_BAND: usize = BAND / 2;
const KIB: usize = 1024;

/// What whole vectors may touch behind.
const BEHIND: usize = 64;

/// The memory of a [`Reader`]: rows, and behind them a part of an image, or more of a row that is alone.
#[repr(C, align(64))]
pub(super) struct Memory([MaybeUninit<u8>; BUFFER + BAND + BEHIND]);

impl Memory {
    #[inline(always)]
    pub(super) fn new() -> Memory {
        Memory([const { MaybeUninit::uninit() }; BUFFER + BAND + BEHIND])
    }

    /// Where the rows are, and the part of an image.
    fn parts(&mut self) -> (*mut i8, *mut i8) {
        let rows = self.0.as_mut_ptr().cast::<i8>();
        (rows, rows.wrapping_add(BUFFER))
    }
}

/// Makes rows.
pub(super) struct Reader<'a> {
    unit: &'static Unit,
    source: Source<'a>,
    /// The packed kernel, and how many weights each output has.
    kernel: *const i8,
    deep: usize,
    inputs: usize,
    way: Way,
    /// The rows of a tile.
    pub(super) tile: usize,
    /// The rows that there is room for.
    room: usize,
    rows: *mut i8,
    band: *mut i8,
    /// The rows of the output whose windows the band has.
    held: (usize, usize),
}

/// Where rows are made.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// In the buffer, from where they are.
    Copied,
    /// Nowhere: the lines of a window are read from a part of the image.
    Windows(Band),
}

/// A part of an image with what is beyond its borders: how many rows of the output it is for, and the bytes of a line.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) rows: usize,
    pub(super) line: usize,
}

impl Band {
    /// As many rows of the output as there is room for, in parts of about the same size.
    fn of(conv: &Conv) -> Option<Band> {
        let [h, w] = &conv.axes;
        let line = span(w, w.output)?.checked_mul(conv.channels)?;
        let fits = |rows: usize, bytes: usize| {
            span(h, rows)
                .and_then(|lines| lines.checked_mul(line))
                .is_some_and(|b| b <= bytes)
        };
        let bytes = if fits(1, SMALL_BAND) {
            SMALL_BAND
        } else {
            BAND
        };
        let most = (1..=h.output)
            .take_while(|rows| fits(*rows, bytes))
            .last()?;
        let parts = h.output.div_ceil(most);
        Some(Band {
            rows: h.output.div_ceil(parts),
            line,
        })
    }
}

/// The elements that so many windows see.
fn span(axis: &Axis, windows: usize) -> Option<usize> {
    let last = windows.checked_sub(1)?.checked_mul(axis.stride)?;
    axis.kernel
        .checked_sub(1)?
        .checked_mul(axis.dilation)?
        .checked_add(last)?
        .checked_add(1)
}

impl<'a> Reader<'a> {
    /// A reader of `count` rows; none where there is too little memory.
    pub(super) fn of(
        unit: &'static Unit,
        source: Source<'a>,
        kernel: &'a [i8],
        inputs: usize,
        outputs: usize,
        count: usize,
        memory: &mut Memory,
    ) -> Option<Reader<'a>> {
        let (rows, band) = memory.parts();
        let mut room = BUFFER.checked_div(inputs)?;
        let tile = match count {
            0..3 => 1,
            _ if room >= ROWS => ROWS,
            _ if room >= ROWS / 2 => ROWS / 2,
            _ => 1,
        };
        let mut reader = Reader {
            unit,
            source,
            kernel: kernel.as_ptr(),
            inputs,
            deep: inputs,
            way: Way::Copied,
            tile,
            room: 0,
            rows,
            band,
            held: (0, 0),
        };
        if let Source::Image(conv, x, _) = source {
            if x.len() < conv.input_len() {
                return None;
            }
            if let Some(band) = Band::of(conv)
                && reader.windows(conv, kernel, outputs)
            {
                (reader.way, reader.tile) = (Way::Windows(band), ROWS);
                return Some(reader);
            }
        }
        if room < tile {
            room = (BUFFER + BAND) / inputs;
        }
        if room < tile {
            return None;
        }
        reader.room = room / tile * tile;
        // SAFETY: the rows of the buffer that are used: what nobody writes to, the padding and the last rows of a tile, is read, too.
        unsafe {
            reader
                .rows
                .write_bytes(0, reader.room.min(count.next_multiple_of(tile)) * inputs)
        };
        Some(reader)
    }

    /// A reader of the windows of an image, and the bytes of a line; none where there is too little memory.
    pub(super) fn of_image(
        unit: &'static Unit,
        source: Source<'a>,
        memory: &mut Memory,
    ) -> Option<(Reader<'a>, usize)> {
        let Source::Image(conv, x, _) = source else {
            return None;
        };
        let part = Band::of(conv).filter(|_| x.len() >= conv.input_len())?;
        let (rows, band) = memory.parts();
        let reader = Reader {
            unit,
            source,
            kernel: core::ptr::null(),
            inputs: 1,
            deep: 0,
            way: Way::Windows(part),
            tile: 1,
            room: 0,
            rows,
            band,
            held: (0, 0),
        };
        Some((reader, part.line))
    }

    /// Where the first window of what was read begins.
    pub(super) fn band(&self) -> *const u8 {
        self.band.cast()
    }

    /// Makes ready to read windows. Lines that are no multiple of 4 long are read a little further, so the kernel gets zeros there; it
    /// is put where the rows would be. Whether that was possible.
    fn windows(&mut self, conv: &Conv, kernel: &[i8], outputs: usize) -> bool {
        let [h, w] = &conv.axes;
        let line = w.kernel * conv.channels;
        if w.dilation != 1 {
            return false;
        }
        if line.is_multiple_of(4) {
            return true;
        }
        let deep = h.kernel * padded(line);
        let len = deep.saturating_mul(outputs);
        if len > BUFFER || kernel.len() < self.inputs * outputs {
            return false;
        }
        // SAFETY: the buffer has room for so many weights; those of the kernel are all of its inputs.
        unsafe {
            self.rows.write_bytes(0, len);
            for first in (0..outputs).step_by(BLOCK) {
                let width = BLOCK.min(outputs - first);
                let (from, to) = (
                    kernel.as_ptr().add(first * self.inputs),
                    self.rows.add(first * deep),
                );
                for at in 0..h.kernel * line {
                    let there = at / line * padded(line) + at % line;
                    let from = from.add(at / 4 * 4 * width + at % 4);
                    let to = to.add(there / 4 * 4 * width + there % 4);
                    for output in 0..width {
                        *to.add(4 * output) = *from.add(4 * output);
                    }
                }
            }
        }
        (self.kernel, self.deep) = (self.rows, deep);
        true
    }

    /// The packed kernel, and how many weights each output has.
    pub(super) fn kernel(&self) -> (*const i8, usize) {
        (self.kernel, self.deep)
    }

    /// Whether each row is alone in its tile.
    pub(super) fn alone(&self) -> bool {
        self.tile == 1
    }

    /// Reads rows from `first` on, at most `most` of them. Returns how many; none if they are not there.
    pub(super) fn read(&mut self, first: usize, most: usize) -> usize {
        let room = self.room.min(most);
        match (self.source, self.way) {
            (Source::Rows(x, len), _) => {
                let (Some(x), true) =
                    (x.get(first * len..(first + room) * len), len <= self.inputs)
                else {
                    return 0;
                };
                self.copy(x, len);
                room
            }
            (Source::Image(conv, x, zero), Way::Windows(band)) => {
                let row = first.checked_div(conv.axes[1].output).unwrap_or_default();
                self.hold(conv, band, x, zero, row);
                (self.held.1 * conv.axes[1].output).min(most)
            }
            (Source::Image(conv, x, zero), Way::Copied) => {
                self.filled(conv, x, zero, first, room);
                room
            }
        }
    }

    /// The rows of a tile, of which `wanted` are, from row `done` of those that were read on.
    pub(super) fn rows(&self, done: usize, wanted: usize) -> Tile<'static> {
        let mut x = [core::ptr::null(); ROWS];
        let (mut step, mut lines, mut line_step, mut line) = (self.inputs, 1, 0, self.inputs);
        match (self.source, self.way) {
            (Source::Image(conv, ..), Way::Windows(band)) => {
                let [h, w] = &conv.axes;
                (step, lines, line_step, line) = (
                    0,
                    h.kernel,
                    h.dilation * band.line,
                    padded(w.kernel * conv.channels),
                );
                let mut row = done.checked_div(w.output).unwrap_or_default();
                let mut column = done - row * w.output;
                if wanted == ROWS && column + ROWS <= w.output {
                    // All of a row of the output.
                    step = w.stride * conv.channels;
                    let [x, ..] = &mut x;
                    *x = self
                        .band
                        .wrapping_add(row * h.stride * band.line + column * step)
                        .cast::<u8>();
                } else {
                    for (r, x) in x.iter_mut().enumerate() {
                        *x = self
                            .band
                            .wrapping_add(
                                row * h.stride * band.line + column * w.stride * conv.channels,
                            )
                            .cast::<u8>();
                        // Of those that nobody wants the last one again.
                        if r + 1 < wanted {
                            column += 1;
                            if column == w.output {
                                (row, column) = (row + 1, 0);
                            }
                        }
                    }
                }
            }
            _ => {
                let [x, ..] = &mut x;
                *x = self.rows.wrapping_add(done * self.inputs).cast::<u8>();
            }
        }
        Tile {
            x,
            step,
            lines,
            line_step,
            line,
            alone: self.alone(),
            rows: 0,
            kernel: core::ptr::null(),
            inputs: self.deep,
            blocks: &[],
            width: 0,
            y: core::ptr::null_mut(),
            outputs: 0,
            range: Range {
                zero: 0,
                min: 0,
                max: 0,
            },
        }
    }

    /// Copies rows of `len` values, as many as the slice has.
    fn copy(&mut self, x: &[i8], len: usize) {
        // SAFETY: the buffer has room for them.
        unsafe {
            if len == self.inputs {
                return (self.unit.copy)(x.as_ptr(), self.rows, x.len());
            }
            for (row, x) in crate::rows::rows(x, len).enumerate() {
                (self.unit.copy)(x.as_ptr(), self.rows.add(row * self.inputs), len);
            }
        }
    }

    /// Fills the band for the windows of a row of the output and those below, if it is not so.
    fn hold(&mut self, conv: &Conv, band: Band, x: &[i8], zero: i8, row: usize) {
        let (from, rows) = self.held;
        if (from..from + rows).contains(&row) {
            return;
        }
        let [h, w] = &conv.axes;
        let rows = band.rows.min(h.output - row);
        let lines = span(h, rows).unwrap_or_default();
        let len = w.input * conv.channels;
        let seen = len.min(band.line.saturating_sub(w.before * conv.channels));
        // SAFETY: `Band::of` has seen that so many lines have room. A line of the image has `len` values, of which those are copied
        // that a window sees.
        unsafe {
            let zero = zero as u8 ^ self.unit.flip;
            self.band.write_bytes(zero, lines * band.line + BEHIND);
            for line in 0..lines {
                let at = (row * h.stride + line).checked_sub(h.before);
                if let Some(at) = at.filter(|at| *at < h.input) {
                    // (Of a line that nobody sees nothing is copied.)
                    let to = self
                        .band
                        .wrapping_add(line * band.line + w.before * conv.channels);
                    (self.unit.copy)(x.as_ptr().add(at * len), to, seen);
                }
            }
        }
        self.held = (row, rows);
    }

    /// Fills the buffer, window by window.
    fn filled(&mut self, conv: &Conv, x: &[i8], zero: i8, first: usize, count: usize) {
        let [h, w] = &conv.axes;
        let mut row = first.checked_div(w.output).unwrap_or_default();
        let mut column = first - row * w.output;
        for done in 0..count {
            // SAFETY: a row of the buffer.
            let patch = unsafe {
                core::slice::from_raw_parts_mut(self.rows.add(done * self.inputs), self.inputs)
            };
            fill(conv, zero, x, Seen::of(h, row), Seen::of(w, column), patch);
            for x in patch {
                *x ^= self.unit.flip as i8;
            }
            column += 1;
            if column == w.output {
                (row, column) = (row + 1, 0);
            }
        }
    }
}
