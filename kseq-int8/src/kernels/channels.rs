//! What is done for each channel by itself, with vector instructions.
#![allow(unsafe_code)]

use super::Range;
use super::host::{Prepared, Source, unit};
use super::isa::isa;
use super::reader::{Memory, Reader};
use crate::op::{Conv, Pool};
use crate::params::Params;
use core::mem::MaybeUninit;

/// The channels that are done at a time.
pub(super) const CHANNELS: usize = 64;
/// The most taps of a window, a multiple of 4.
const TAPS: usize = 64;

/// What an instruction set offers.
pub(super) struct Unit {
    /// Puts the weights of channels side by side.
    pub(super) weights:
        unsafe fn(from: *const i8, step: usize, channels: usize, taps: usize, &mut Weights),
    /// A depthwise convolution of pixels side by side.
    pub(super) depthwise: unsafe fn(&Depthwise<'_>),
    /// The largest values of windows, and their means.
    pub(super) max: unsafe fn(&Pool, x: *const i8, y: *mut i8),
    pub(super) average: unsafe fn(&Pool, x: *const i8, y: *mut i8),
}

/// The weights of some channels, in the order that the instructions need.
pub(super) struct Weights {
    pub(super) kernel: [MaybeUninit<Four>; TAPS / 4],
    pub(super) scales: [MaybeUninit<Prepared>; 4],
}

/// The weights of four taps.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Four(pub(super) [[i8; CHANNELS]; 4]);

/// Pixels side by side.
pub(super) struct Depthwise<'a> {
    /// The first value that the first one sees, of the first of the channels. 64 values can be read from each tap on.
    pub(super) x: *const u8,
    /// From what a pixel sees to what the next one does.
    pub(super) step: usize,
    pub(super) pixels: usize,
    /// Where the taps are, and up to a multiple of 4 something else that can be read.
    pub(super) taps: &'a [usize],
    pub(super) weights: &'a Weights,
    /// How many channels are wanted, at most 64.
    pub(super) channels: usize,
    /// The first output.
    pub(super) y: *mut i8,
    /// From one pixel of the output to the next.
    pub(super) outputs: usize,
    pub(super) range: Range,
}

/// A depthwise convolution of an image, with one filter for each channel; whether it was done.
pub(crate) fn depthwise(conv: &Conv, params: &Params<'_>, x: &[i8], y: &mut [i8]) -> bool {
    let Some(unit) = unit(isa()) else {
        return false;
    };
    let Some(by) = unit.channels else {
        return false;
    };
    let ([h, w], channels, count) = (&conv.axes, conv.channels, conv.taps());
    let enough = conv.filters == channels
        && count <= TAPS
        && params.bias.len() >= channels
        && params.multiplier.len() >= channels
        && params.shift.len() >= channels
        && params.bytes.len() >= count * channels
        && y.len() >= conv.output_len();
    let mut memory = Memory::new();
    let source = Source::Image(conv, x, params.zeros.input);
    let (true, Some((mut reader, line))) = (enough, Reader::of_image(unit, source, &mut memory))
    else {
        return false;
    };
    let mut taps = [0; TAPS];
    for (tap, at) in taps.iter_mut().enumerate().take(count) {
        let row = tap.checked_div(w.kernel).unwrap_or_default();
        *at = row * h.dilation * line + (tap - row * w.kernel) * w.dilation * channels;
    }
    let taps = taps.get(..count.next_multiple_of(4)).unwrap_or_default();
    let range = Range::of(params.zeros);
    let mut weights = Weights {
        kernel: [const { MaybeUninit::uninit() }; TAPS / 4],
        scales: [const { MaybeUninit::uninit() }; 4],
    };
    let mut row = 0;
    while row < h.output {
        let rows = match reader
            .read(row * w.output, (h.output - row) * w.output)
            .checked_div(w.output)
        {
            None | Some(0) => return false,
            Some(rows) => rows,
        };
        for first in (0..channels).step_by(CHANNELS) {
            let some = CHANNELS.min(channels - first);
            for (vector, scales) in weights.scales.iter_mut().enumerate() {
                Prepared::fill(scales, params, |lane| {
                    first + lane / 4 * 16 + 4 * vector + lane % 4
                });
            }
            // SAFETY: the kernel has so many taps of all channels; the band has room behind it; the output has all rows.
            unsafe {
                (by.weights)(
                    params.bytes.as_ptr().add(first),
                    channels,
                    some,
                    count,
                    &mut weights,
                );
                for r in 0..rows {
                    (by.depthwise)(&Depthwise {
                        x: reader.band().add(r * h.stride * line + first),
                        step: w.stride * channels,
                        pixels: w.output,
                        taps,
                        weights: &weights,
                        channels: some,
                        y: y.as_mut_ptr().add((row + r) * w.output * channels + first),
                        outputs: channels,
                        range,
                    });
                }
            }
        }
        row += rows;
    }
    true
}

/// The largest values of the windows of an image; whether it was done.
pub(crate) fn max(pool: &Pool, x: &[i8], y: &mut [i8]) -> bool {
    pooled(pool, x, y, |by| by.max)
}

/// The means of the windows of an image; whether it was done.
pub(crate) fn average(pool: &Pool, x: &[i8], y: &mut [i8]) -> bool {
    let [h, w] = &pool.axes;
    h.kernel.saturating_mul(w.kernel) < 1 << 16 && pooled(pool, x, y, |by| by.average)
}

fn pooled(
    pool: &Pool,
    x: &[i8],
    y: &mut [i8],
    f: impl Fn(&Unit) -> unsafe fn(&Pool, *const i8, *mut i8),
) -> bool {
    let [h, w] = &pool.axes;
    let enough = x.len() >= h.input * w.input * pool.channels
        && y.len() >= h.output * w.output * pool.channels;
    let Some(by) = unit(isa()).and_then(|unit| unit.channels.filter(|_| enough)) else {
        return false;
    };
    // SAFETY: the CPU has the instructions; an image and its output are there.
    unsafe { f(by)(pool, x.as_ptr(), y.as_mut_ptr()) };
    true
}
