//! The gradient of a convolution's kernel.

use super::geometry::Conv;
use super::patches::{OutputLoop, Patches, TermLoop, patches};
use super::taps::{Taps, taps};
use crate::kernels::dispatch::{Isa, isa};
use crate::kernels::gemm::{Epilogue, Mat, gemm_with_isa};
use crate::pool::Pool;

impl Conv {
    /// Adds one sample's gradient of the kernel to the lines of `dkernel`, the first of which is `first` (a line has all
    /// columns, channels and filters).
    ///
    /// # Panics
    /// When `x` and `dy` are not samples, or `dkernel` not whole lines.
    pub fn add_kernel_gradient(&self, x: &[f32], dy: &[f32], dkernel: &mut [f32], first: usize) {
        self.add_kernel_gradient_with_isa(isa(), x, dy, dkernel, first);
    }

    #[doc(hidden)]
    pub fn add_kernel_gradient_with_isa(
        &self,
        isa: Isa,
        x: &[f32],
        dy: &[f32],
        dkernel: &mut [f32],
        first: usize,
    ) {
        assert_eq!(x.len(), self.input_len(), "conv: not one sample");
        assert_eq!(dy.len(), self.output_len(), "conv: not one sample");
        if dkernel.is_empty() {
            return;
        }
        let ([h, w], filters) = (self.axes, self.filters);
        let (depth, width) = (self.depth(), self.width());
        if self.is_pointwise() {
            let (m, n, k) = (self.channels, filters, h.output * w.output);
            let (a, b) = (Mat::rows(x, m).t(), Mat::rows(dy, n));
            let epilogue = Epilogue {
                accumulate: true,
                ..Epilogue::default()
            };
            return gemm_with_isa(isa, m, n, k, a, b, dkernel, n, epilogue, &Pool::Serial);
        }
        if self.add_kernel_gradient_by_planes(isa, x, dy, (first, &mut *dkernel)) {
            return;
        }
        let is_line = w.dilation == 1 && depth == self.channels;
        let (pixel, row) = (self.channels, w.input * self.channels);
        let line = w.taps * depth * filters;
        let lines = first..first + dkernel.len() / line.max(1);
        for tall in h.bands() {
            // (Outputs that see nothing may lie beyond the input.)
            for wide in w.bands().filter(|wide| !wide.taps.is_empty()) {
                let dy = &dy[tall.outputs.start * self.row_len() + wide.outputs.start * filters..];
                let down = TermLoop {
                    len: tall.outputs.len(),
                    a: h.stride * row,
                    b: self.row_len(),
                };
                let along = TermLoop {
                    len: wide.outputs.len(),
                    a: w.stride * pixel,
                    b: filters,
                };
                let (outer, inner) = match along.len < 8 && along.len < down.len {
                    true => (along, down),
                    false => (down, along),
                };
                let begin = tall.taps.start.max(lines.start);
                if self.is_by_channels() {
                    let end = tall.taps.end.min(lines.end);
                    if begin >= end {
                        continue;
                    }
                    let at = (tall.at + (begin - tall.taps.start) * h.dilation) * row;
                    let sums = Taps {
                        x: x.get(at + wide.at * pixel..).unwrap_or_default(),
                        dy,
                        channels: filters,
                        multiplier: width,
                        rows: outer,
                        columns: inner,
                        lines: TermLoop {
                            len: end - begin,
                            a: h.dilation * row,
                            b: line,
                        },
                        terms: TermLoop {
                            len: wide.taps.len(),
                            a: w.dilation * pixel,
                            b: filters,
                        },
                    };
                    let to = (begin - first) * line + wide.taps.start * filters;
                    taps(isa, &sums, dkernel.get_mut(to..).unwrap_or_default());
                    continue;
                }
                for tap in begin..tall.taps.end.min(lines.end) {
                    let at =
                        (tall.at + (tap - tall.taps.start) * h.dilation) * row + wide.at * pixel;
                    let runs = if is_line { 1 } else { wide.taps.len() };
                    let channels = if is_line {
                        wide.taps.len() * depth
                    } else {
                        depth
                    };
                    for run in 0..runs {
                        let column = wide.taps.start + run;
                        let to = (tap - first) * line + column * depth * filters;
                        for group in 0..self.groups {
                            let sum = Patches {
                                a: &x[at + run * w.dilation * pixel + group * depth..],
                                b: &dy[group * width..],
                                n: width,
                                count: OutputLoop::ONCE,
                                rows: OutputLoop {
                                    len: channels,
                                    a: 1,
                                    c: filters,
                                },
                                lines: outer,
                                terms: inner,
                                epilogue: Epilogue {
                                    accumulate: true,
                                    ..Epilogue::default()
                                },
                                prefetcher: core::ptr::null_mut(),
                            };
                            patches(isa, &sum, &mut dkernel[to + group * width..]);
                        }
                    }
                }
            }
        }
    }
}
