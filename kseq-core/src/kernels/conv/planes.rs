//! Convolutions with few filters of a single channel.
//!
//! Filters side by side would not fill a vector. But neighbouring outputs see neighbouring inputs: so vectors hold outputs of one
//! filter side by side, a plane for each filter. The input is copied with its padding, some rows at a time, which are one long
//! row: what comes out between two of them is not used.

use super::dots::{Dots, dots};
use super::geometry::{Axis, Conv};
use super::patches::{OutputLoop, Patches, TermLoop, patches};
use super::turn::{apart, together};
use crate::kernels::dispatch::{Isa, simd_fn};
use crate::kernels::gemm::Epilogue;

/// Values in a plane of some rows of outputs, and in the rows of the input that these see.
const OUTPUTS: usize = 512;
const INPUTS: usize = 1024;

/// From plane to plane, so that their distance is no power of two.
const NEXT: usize = OUTPUTS + 16;

/// Filters at most: the blocks that are transposed have so many columns.
const FILTERS: usize = 8;

/// How an output is cut.
struct Strips {
    /// Rows of the output that are computed together.
    rows: usize,
    /// Values in a row of a plane.
    pitch: usize,
}

impl Conv {
    /// How its output is computed like this, if it is. (In either way an element is the same chain of multiply-adds.)
    fn by_planes(&self, isa: Isa) -> Option<Strips> {
        // More fill a vector of AVX2 well enough.
        let most = if isa == Isa::Avx512 { FILTERS } else { 6 };
        self.strips(isa).filter(|_| self.filters <= most)
    }

    /// How it is cut, if that pays.
    fn strips(&self, isa: Isa) -> Option<Strips> {
        let [h, w] = &self.axes;
        let ones = [h.stride, h.dilation, w.stride, w.dilation, self.channels];
        if !matches!(isa, Isa::Avx512 | Isa::Avx2)
            || ones != [1; 5]
            || self.groups != 1
            || !(1..=FILTERS).contains(&self.filters)
            || w.output < 8
            || w.taps < 2
        {
            return None;
        }
        let pitch = w.output.checked_add(w.taps - 1)?;
        let seen = (INPUTS / pitch).checked_sub(h.taps.checked_sub(1)?)?;
        let rows = h.output.min(OUTPUTS / pitch).min(seen);
        (rows > 0).then_some(Strips { rows, pitch })
    }

    /// As [`Conv::forward`], if it is computed like this.
    pub(super) fn forward_by_planes(
        &self,
        isa: Isa,
        x: &[f32],
        kernel: &[f32],
        (first, y): (usize, &mut [f32]),
        epilogue: Epilogue<'_>,
    ) -> bool {
        let strips = self.by_planes(isa).filter(|_| !epilogue.accumulate);
        let Some(Strips { rows, pitch }) = strips else {
            return false;
        };
        let ([h, w], filters) = (self.axes, self.filters);
        let (mut inputs, mut planes) = ([0.0; INPUTS], [0.0; FILTERS * NEXT]);
        let row = self.row_len();
        for (i, y) in y.chunks_mut(rows * row).enumerate() {
            let (at, rows) = (first + i * rows, y.len() / row);
            self.copy_padded(x, at, rows, pitch, &mut inputs);
            let n = rows * pitch - (w.taps - 1);
            let sums = Patches {
                a: kernel,
                b: &inputs,
                n,
                count: OutputLoop::ONCE,
                rows: OutputLoop {
                    len: filters,
                    a: 1,
                    c: NEXT,
                },
                lines: TermLoop {
                    len: h.taps,
                    a: w.taps * filters,
                    b: pitch,
                },
                terms: TermLoop {
                    len: w.taps,
                    a: filters,
                    b: 1,
                },
                epilogue: Epilogue::default(),
                prefetcher: core::ptr::null_mut(),
            };
            patches(isa, &sums, &mut planes);
            for (f, plane) in planes.chunks_mut(NEXT).enumerate().take(filters) {
                let plane = &mut plane[..n];
                if epilogue.relu || !epilogue.bias.is_empty() {
                    finish(plane, epilogue.bias.get(f).copied(), epilogue.relu);
                }
                if epilogue.then.is_some() {
                    plane
                        .iter_mut()
                        .for_each(|y| *y = epilogue.then.value(f, *y));
                }
            }
            for r in 0..rows {
                let planes = &planes[r * pitch..];
                together(isa, planes, NEXT, [w.output, filters], &mut y[r * row..]);
            }
        }
        true
    }

    /// As [`Conv::add_kernel_gradient`], if it is computed like this.
    pub(super) fn add_kernel_gradient_by_planes(
        &self,
        isa: Isa,
        x: &[f32],
        dy: &[f32],
        (first, dkernel): (usize, &mut [f32]),
    ) -> bool {
        let Some(Strips { rows, pitch }) = self.strips(isa) else {
            return false;
        };
        let ([h, w], filters) = (self.axes, self.filters);
        let line = w.taps * filters;
        let lines = (dkernel.len() / line).min(h.taps.saturating_sub(first));
        let (mut inputs, mut planes) = ([0.0; INPUTS], [0.0; FILTERS * NEXT]);
        for at in (0..h.output).step_by(rows) {
            let rows = rows.min(h.output - at);
            self.copy_padded(x, at, rows, pitch, &mut inputs);
            for r in 0..rows {
                let dy = &dy[(at + r) * self.row_len()..];
                let planes = &mut planes[r * pitch..];
                apart(isa, dy, filters, [w.output, filters], planes, NEXT);
                // Between the rows.
                for plane in planes.chunks_mut(NEXT).take(filters) {
                    plane[w.output..pitch].fill(0.0);
                }
            }
            let sums = Dots {
                a: &inputs[first * pitch..],
                b: &planes,
                n: rows * pitch - (w.taps - 1),
                columns: filters,
                next: NEXT,
                lines: TermLoop {
                    len: lines,
                    a: pitch,
                    b: line,
                },
                terms: TermLoop {
                    len: w.taps,
                    a: 1,
                    b: filters,
                },
            };
            dots(isa, &sums, dkernel);
        }
        true
    }

    /// The rows of the input that so many rows of the output from `first` on see, with the padding.
    fn copy_padded(
        &self,
        x: &[f32],
        first: usize,
        rows: usize,
        pitch: usize,
        to: &mut [f32; INPUTS],
    ) {
        let [h, w] = self.axes;
        // Zeros in front, and the first value that is seen.
        let (zeros, from) = match usize::try_from(w.before) {
            Ok(zeros) => (zeros.min(pitch), 0),
            Err(_) => (0, w.before.unsigned_abs().min(w.input)),
        };
        let some = (pitch - zeros).min(w.input - from);
        let to = to.chunks_exact_mut(pitch).take(rows + h.taps - 1);
        for (r, to) in to.enumerate() {
            to.fill(0.0);
            if let Some(row) = seen_row(&h, first + r) {
                let x = &x[row * w.input + from..][..some];
                to[zeros..zeros + some].copy_from_slice(x);
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
    fn finish(sums: &mut [f32], bias: Option<f32>, relu: bool) {
        if let Some(bias) = bias {
            sums.iter_mut().for_each(|sum| *sum += bias);
        }
        if relu {
            sums.iter_mut().for_each(|sum| *sum = if *sum <= 0.0 { 0.0 } else { *sum });
        }
    }
}
