//! The gradient of an input with very few channels, such as a transposed convolution to an image.
//!
//! Even all taps of a line would not fill a vector. But the outputs' gradients can lie side by side in vectors: what each row of them gives to
//! the inputs by each tap is a product of the kernel with their planes, and the rows of the inputs are sums of what the outputs that see
//! them give, moved by where the tap is.

use super::geometry::{Axis, Conv};
use super::patches::{OutputLoop, Patches, TermLoop, patches};
use super::turn::{apart, together};
use crate::kernels::dispatch::{Isa, simd_fn};
use crate::kernels::gemm::Epilogue;

/// What the outputs of the rows that a row of the input is seen by give, by all taps.
const GIVEN: usize = 8192;
/// Planes of some filters of a row of outputs.
const FILTERS: usize = 4096;
/// A row of the input.
const ROW: usize = 2048;

impl Conv {
    /// Whether the gradient of the input is computed like this.
    pub(super) const fn spreads(&self) -> bool {
        let [h, w] = &self.axes;
        let taps = h.taps.saturating_mul(w.taps).saturating_mul(self.channels);
        let plain = h.dilation == 1 && w.dilation == 1 && self.groups == 1;
        let seen = h.stride > 0 && w.stride > 0 && w.stride <= w.taps && h.stride <= h.taps;
        let few =
            self.channels > 0 && self.channels <= 4 && w.taps.saturating_mul(self.channels) <= 12;
        let wide = w.output >= 8 && w.taps > 1 && self.filters > 0;
        let row = w
            .input
            .saturating_add(w.stride)
            .saturating_mul(self.channels);
        plain
            && seen
            && few
            && wide
            && taps <= 128
            && slots(h) * taps <= GIVEN / w.output.next_multiple_of(16)
            && w.output <= FILTERS
            && row <= ROW
    }

    /// As [`Conv::backward`], by the kernel as it is.
    pub(super) fn backward_by_spreading(
        &self,
        isa: Isa,
        dy: &[f32],
        kernel: &[f32],
        (first, dx): (usize, &mut [f32]),
        epilogue: Epilogue<'_>,
    ) {
        let [h, w] = self.axes;
        let (row, pixels) = (w.input * self.channels, w.stride * self.channels);
        // From plane to plane, of what is given and of the input.
        let (next, plane) = (w.output.next_multiple_of(16), w.input.div_ceil(w.stride));
        let slot = h.taps * w.taps * self.channels * next;
        let (mut given, mut planes) = ([0.0; GIVEN], [0.0; FILTERS]);
        let (mut sums, mut line) = ([0.0; ROW], [0.0; ROW]);
        let mut known = 0;
        for (i, dx) in dx.chunks_mut(row.max(1)).enumerate() {
            let at = (first + i) as isize + h.before;
            let seeing = seeing(&h, at);
            for o in known.max(seeing.start)..seeing.end {
                let given = &mut given[o % slots(&h) * slot..][..slot];
                let dy = &dy[o * self.row_len()..][..self.row_len()];
                self.give(isa, dy, kernel, &mut planes, (given, next));
            }
            known = known.max(seeing.end);
            let sums = &mut sums[..pixels * plane];
            sums.fill(0.0);
            for o in seeing {
                let tap = at as usize - o * h.stride;
                let of_line = slot / h.taps;
                let given = &given[o % slots(&h) * slot + tap * of_line..][..of_line];
                move_to(&w, self.channels, given, next, sums, plane);
            }
            // The columns of whole strides, and the rest of them.
            let whole = w.input / w.stride;
            let to = match epilogue.accumulate {
                true => &mut line[..row],
                false => &mut *dx,
            };
            together(isa, sums, plane, [whole, pixels], to);
            for (j, to) in to[whole * pixels..].iter_mut().enumerate() {
                *to = sums[j * plane + whole];
            }
            if epilogue.accumulate {
                dx.iter_mut().zip(&line).for_each(|(dx, sum)| *dx += sum);
            }
            if epilogue.relu || !epilogue.bias.is_empty() {
                finish(dx, epilogue.bias, self.channels, epilogue.relu);
            }
        }
    }

    /// What a row of outputs gives by all taps, each of which is a plane.
    fn give(
        &self,
        isa: Isa,
        dy: &[f32],
        kernel: &[f32],
        planes: &mut [f32; FILTERS],
        (given, next): (&mut [f32], usize),
    ) {
        let ([h, w], filters) = (self.axes, self.filters);
        let some = (FILTERS / next).max(1);
        for f in (0..filters).step_by(some) {
            let some = some.min(filters - f);
            if some == filters {
                apart(isa, dy, [w.output, filters], planes, next);
            } else {
                for (p, dy) in dy.chunks_exact(filters).enumerate() {
                    let planes = planes[p..].iter_mut().step_by(next);
                    planes.zip(&dy[f..][..some]).for_each(|(to, dy)| *to = *dy);
                }
            }
            let sums = Patches {
                a: &kernel[f..],
                b: &planes[..],
                n: w.output,
                count: OutputLoop::ONCE,
                rows: OutputLoop {
                    len: h.taps * w.taps * self.channels,
                    a: filters,
                    c: next,
                },
                lines: TermLoop { len: 1, a: 0, b: 0 },
                terms: TermLoop {
                    len: some,
                    a: 1,
                    b: next,
                },
                epilogue: Epilogue {
                    accumulate: f > 0,
                    ..Epilogue::default()
                },
                prefetcher: core::ptr::null_mut(),
            };
            patches(isa, &sums, given);
        }
    }
}

/// Rows of outputs that see the same row of the input at most.
const fn slots(h: &Axis) -> usize {
    h.taps.div_ceil(if h.stride == 0 { 1 } else { h.stride })
}

/// The rows of outputs that see the row of the input that lies so far from the first row of the padding.
fn seeing(h: &Axis, at: isize) -> core::ops::Range<usize> {
    let Ok(at) = usize::try_from(at) else {
        return 0..0;
    };
    let end = (at / h.stride + 1).min(h.output);
    let first = (at + 1).saturating_sub(h.taps).div_ceil(h.stride);
    first.min(end)..end
}

simd_fn! {
    /// What a row of outputs gives by one line of taps, added to the planes of a row of the input: one for each remainder by the stride
    /// and each channel.
    fn move_to(w: &Axis, channels: usize, given: &[f32], next: usize, sums: &mut [f32], plane: usize) {
        for tap in 0..w.taps {
            let at = tap as isize - w.before;
            let remainder = at.rem_euclid(w.stride as isize) as usize;
            let by = at.div_euclid(w.stride as isize);
            // Inputs of this remainder, the first that is given something, and the output that gives it.
            let inputs = (w.input + w.stride - 1 - remainder) / w.stride;
            let (to, from) = match usize::try_from(by) {
                Ok(by) => (by, 0),
                Err(_) => (0, by.unsigned_abs()),
            };
            let some = inputs.saturating_sub(to).min(w.output.saturating_sub(from));
            if some == 0 {
                continue;
            }
            for c in 0..channels {
                let given = &given[(tap * channels + c) * next + from..][..some];
                let sums = &mut sums[(remainder * channels + c) * plane + to..][..some];
                for (sum, given) in sums.iter_mut().zip(given) {
                    *sum += given;
                }
            }
        }
    }
}

simd_fn! {
    /// The end of the sums of a row.
    fn finish(dx: &mut [f32], bias: &[f32], channels: usize, relu: bool) {
        for (c, bias) in bias.iter().enumerate() {
            dx.iter_mut().skip(c).step_by(channels.max(1)).for_each(|dx| *dx += bias);
        }
        if relu {
            dx.iter_mut().for_each(|dx| *dx = if *dx <= 0.0 { 0.0 } else { *dx });
        }
    }
}
