//! Convolutions with few filters of few channels.
//!
//! Filters side by side would not fill a vector. But neighbouring outputs see neighbouring inputs: so each channel is copied
//! to a plane of its own, with its padding, and vectors hold outputs of one filter side by side. That is done for some rows at a time,
//! which are one long row: what comes out between two of them is not used.

use super::dots::{Dots, dots};
use super::geometry::{Axis, Conv};
use super::patches::{OutputLoop, Patches, TermLoop, patches};
use super::turn::{apart, together};
use crate::kernels::dispatch::{Isa, simd_fn};
use crate::kernels::gemm::Epilogue;

/// Values in a plane of some rows of outputs, and of inputs in all planes.
const OUTPUTS: usize = 512;
const INPUTS: usize = 2048;

/// From plane to plane of outputs, so that their distance is no power of two.
const NEXT: usize = OUTPUTS + 16;

/// Planes of outputs: the blocks that are transposed have so many columns.
const PLANES: usize = 8;

/// Rows of the output that are computed together.
struct Strip {
    /// Of the output.
    rows: usize,
    /// Values in a row of a plane.
    pitch: usize,
    /// Values in a plane of inputs.
    plane: usize,
}

impl Conv {
    /// Whether it is computed like this.
    pub(super) fn is_by_planes(&self, isa: Isa) -> bool {
        let [h, w] = &self.axes;
        let steps = [h.stride, h.dilation, w.stride, w.dilation, self.groups];
        let most = match isa {
            Isa::Avx512 => PLANES,
            Isa::Avx2 => 6,
            // Four filters fill a vector there.
            _ => 0,
        };
        steps == [1; 5]
            && (1..=most).contains(&self.filters)
            && (1..=4).contains(&self.channels)
            && w.output >= 8
            && w.taps > 1
            && self.strip().is_some()
    }

    fn strip(&self) -> Option<Strip> {
        let [h, w] = &self.axes;
        let pitch = w.output.checked_add(w.taps.checked_sub(1)?)?;
        let halo = h.taps.checked_sub(1)?;
        let seen = (INPUTS / self.channels.max(1) / pitch.max(1)).saturating_sub(halo);
        let rows = h.output.min(OUTPUTS / pitch.max(1)).min(seen);
        (rows > 0).then_some(Strip {
            rows,
            pitch,
            plane: (rows + halo) * pitch,
        })
    }

    /// As [`Conv::forward`], without sums that start from `y`.
    pub(super) fn forward_by_planes(
        &self,
        isa: Isa,
        x: &[f32],
        kernel: &[f32],
        (first, y): (usize, &mut [f32]),
        epilogue: Epilogue<'_>,
    ) {
        let Some(strip) = self.strip() else {
            return;
        };
        let ([h, w], filters) = (self.axes, self.filters);
        let (mut inputs, mut planes) = ([0.0; INPUTS], [0.0; PLANES * NEXT]);
        let row = self.row_len().max(1);
        for (i, y) in y.chunks_mut(strip.rows * row).enumerate() {
            let rows = y.len() / row;
            self.copy_planes(x, first + i * strip.rows, rows, &strip, &mut inputs);
            let n = (rows * strip.pitch + 1).saturating_sub(w.taps);
            for (c, inputs) in inputs.chunks(strip.plane).enumerate().take(self.channels) {
                let sums = Patches {
                    a: &kernel[c * filters..],
                    b: inputs,
                    n,
                    count: OutputLoop::ONCE,
                    rows: OutputLoop {
                        len: filters,
                        a: 1,
                        c: NEXT,
                    },
                    lines: TermLoop {
                        len: h.taps,
                        a: w.taps * self.channels * filters,
                        b: strip.pitch,
                    },
                    terms: TermLoop {
                        len: w.taps,
                        a: self.channels * filters,
                        b: 1,
                    },
                    epilogue: Epilogue {
                        accumulate: c > 0,
                        ..Epilogue::default()
                    },
                    prefetcher: core::ptr::null_mut(),
                };
                patches(isa, &sums, &mut planes);
            }
            for (f, plane) in planes.chunks_mut(NEXT).enumerate().take(filters) {
                let bias = epilogue.bias.get(f);
                if bias.is_some() || epilogue.relu {
                    finish(&mut plane[..n], bias.copied().unwrap_or(0.0), epilogue.relu);
                }
            }
            for r in 0..rows {
                let planes = &planes[r * strip.pitch..];
                together(isa, planes, NEXT, [w.output, filters], &mut y[r * row..]);
            }
        }
    }

    /// As [`Conv::add_kernel_gradient`], of some lines of the kernel.
    pub(super) fn add_kernel_gradient_by_planes(
        &self,
        isa: Isa,
        x: &[f32],
        dy: &[f32],
        (first, dkernel): (usize, &mut [f32]),
    ) {
        let Some(strip) = self.strip() else {
            return;
        };
        let ([h, w], filters) = (self.axes, self.filters);
        let line = w.taps * self.channels * filters;
        let lines = (dkernel.len() / line.max(1)).min(h.taps.saturating_sub(first));
        let (mut inputs, mut planes) = ([0.0; INPUTS], [0.0; PLANES * NEXT]);
        for at in (0..h.output).step_by(strip.rows) {
            let rows = strip.rows.min(h.output - at);
            self.copy_planes(x, at, rows, &strip, &mut inputs);
            for r in 0..rows {
                let dy = &dy[(at + r) * self.row_len()..];
                let planes = &mut planes[r * strip.pitch..];
                apart(isa, dy, [w.output, filters], planes, NEXT);
                // Between the rows.
                for plane in planes.chunks_mut(NEXT).take(filters) {
                    let between = w.output..strip.pitch.min(plane.len());
                    plane[between].fill(0.0);
                }
            }
            for (c, inputs) in inputs.chunks(strip.plane).enumerate().take(self.channels) {
                let sums = Dots {
                    a: &inputs[first * strip.pitch..],
                    b: &planes,
                    n: (rows * strip.pitch + 1).saturating_sub(w.taps),
                    columns: filters,
                    next: NEXT,
                    lines: TermLoop {
                        len: lines,
                        a: strip.pitch,
                        b: line,
                    },
                    terms: TermLoop {
                        len: w.taps,
                        a: 1,
                        b: self.channels * filters,
                    },
                };
                dots(isa, &sums, &mut dkernel[c * filters..]);
            }
        }
    }

    /// What so many rows of the output from `first` on see, each channel apart.
    fn copy_planes(
        &self,
        x: &[f32],
        first: usize,
        rows: usize,
        strip: &Strip,
        planes: &mut [f32; INPUTS],
    ) {
        let ([h, w], channels) = (self.axes, self.channels);
        // Columns of a plane, and the first of them that is one of the input, which is this one of it.
        let (skip, from) = match usize::try_from(w.before) {
            Ok(zeros) => (zeros.min(strip.pitch), 0),
            Err(_) => (0, w.before.unsigned_abs().min(w.input)),
        };
        let some = (strip.pitch - skip).min(w.input - from);
        for r in 0..rows + h.taps - 1 {
            let row = seen_row(&h, first + r).map(|row| &x[(row * w.input + from) * channels..]);
            for (c, plane) in planes.chunks_mut(strip.plane).enumerate().take(channels) {
                let to = &mut plane[r * strip.pitch..][..strip.pitch];
                to.fill(0.0);
                let Some(row) = row else {
                    continue;
                };
                let to = &mut to[skip..skip + some];
                match channels {
                    1 => to.copy_from_slice(&row[..some]),
                    _ => {
                        let pixels = row.chunks_exact(channels);
                        to.iter_mut().zip(pixels).for_each(|(to, x)| *to = x[c]);
                    }
                }
            }
        }
    }
}

/// The row of the input that lies so far from the first row of the padding.
fn seen_row(h: &Axis, at: usize) -> Option<usize> {
    let row = usize::try_from(at as isize - h.before).ok()?;
    (row < h.input).then_some(row)
}

simd_fn! {
    /// The end of the sums of one filter.
    fn finish(sums: &mut [f32], bias: f32, relu: bool) {
        for sum in sums {
            let y = *sum + bias;
            *sum = if relu && y <= 0.0 { 0.0 } else { y };
        }
    }
}
