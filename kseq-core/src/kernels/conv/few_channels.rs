//! The gradient of an input with few channels.
//!
//! Channels side by side would not fill a vector. But what an output gives to the inputs of one line of the kernel lies
//! side by side too, taps times channels: so these are computed for some neighbouring outputs, as sums over the filters and
//! the lines of the kernel, and then added to the inputs, each output's one stride further than those of the one before.

use super::geometry::{Conv, Reversed};
use super::patches::{OutputLoop, Patches, TermLoop, patches};
use crate::kernels::dispatch::Isa;
use crate::kernels::gemm::Epilogue;

/// Taps times channels at most.
const MOST_TAP_CHANNELS: usize = 64;

/// Values of neighbouring outputs on the stack.
const SUMS: usize = 12 * MOST_TAP_CHANNELS;

impl Conv {
    /// Whether the gradient of the input is computed like this.
    pub(super) const fn has_few_channels(&self) -> bool {
        let [_, w] = &self.axes;
        let wide = w.taps * self.channels;
        let near = w.stride <= w.taps && w.dilation == 1 && self.groups == 1;
        near && self.channels <= 8 && w.taps > 1 && wide <= MOST_TAP_CHANNELS
    }

    /// As [`Conv::backward`]; the flipped kernel is `(height, filters, width, channels)`, of which only the height is in
    /// reverse order.
    pub(super) fn backward_few_channels(
        &self,
        isa: Isa,
        dy: &[f32],
        flipped: &[f32],
        (first, dx): (usize, &mut [f32]),
        epilogue: Epilogue<'_>,
    ) {
        let [h, w] = self.axes;
        let (filters, n) = (self.filters, w.taps * self.channels);
        let row = w.input * self.channels;
        let rows = dx.len() / row.max(1);
        let some = (SUMS / n.max(1)).min(24);
        let mut sums = [0.0; SUMS];
        if !epilogue.accumulate {
            dx.fill(0.0);
        }
        for reversed in h.reversed(first, rows) {
            let Reversed {
                axis,
                remainder,
                first_tap,
                tap_step,
            } = reversed;
            for band in axis.bands() {
                let line = first_tap + band.taps.start * tap_step;
                let b = &flipped[(line * filters * n).min(flipped.len())..];
                for (i, to) in band.outputs.clone().enumerate() {
                    let dx = &mut dx[(remainder + to * h.stride) * row..][..row];
                    let dy = &dy[((band.at + i) * self.row_len()).min(dy.len())..];
                    for from in (0..w.output).step_by(some) {
                        let m = some.min(w.output - from);
                        let sums = &mut sums[..m * n];
                        let patch = Patches {
                            a: &dy[(from * filters).min(dy.len())..],
                            b,
                            n,
                            count: OutputLoop::ONCE,
                            rows: OutputLoop {
                                len: m,
                                a: filters,
                                c: n,
                            },
                            lines: TermLoop {
                                len: band.taps.len(),
                                a: axis.dilation * self.row_len(),
                                b: tap_step * filters * n,
                            },
                            terms: TermLoop {
                                len: filters,
                                a: 1,
                                b: n,
                            },
                            epilogue: Epilogue::default(),
                            prefetcher: core::ptr::null_mut(),
                        };
                        patches(isa, &patch, sums);
                        let left = (from * w.stride) as isize - w.before;
                        let left = left * self.channels as isize;
                        add(dx, sums, n, w.stride * self.channels, left);
                    }
                }
            }
        }
        if epilogue.relu || !epilogue.bias.is_empty() {
            dx.chunks_exact_mut(self.channels)
                .for_each(|pixel| epilogue.finish(pixel));
        }
    }
}

/// Adds rows of `n` values to `dx`, the first one from `left` on, each `step` further; what is outside is of the padding.
fn add(dx: &mut [f32], sums: &[f32], n: usize, step: usize, left: isize) {
    for (j, sums) in sums.chunks_exact(n).enumerate() {
        let at = left + (j * step) as isize;
        let (skip, at) = match usize::try_from(at) {
            Ok(at) => (0, at),
            Err(_) => (at.unsigned_abs(), 0),
        };
        let to = dx.get_mut(at..).unwrap_or_default();
        for (dx, sum) in to.iter_mut().zip(sums.iter().skip(skip)) {
            *dx += sum;
        }
    }
}
