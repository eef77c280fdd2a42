//! The gradient of a convolution's input.

use super::geometry::Conv;
use super::strided::{ByChannels, StridedConv};
use crate::kernels::dispatch::{Isa, isa};
use crate::kernels::gemm::{Epilogue, Mat, gemm_with_isa, transpose};
use crate::pool::Pool;

impl Conv {
    /// The kernel as [`Conv::backward`] wants it: taps in reverse order, `(height, width, filters, channels / groups)`, or for
    /// few channels lines in reverse order, `(height, filters, width, channels)`, or for very few as it is.
    ///
    /// # Panics
    /// When the lengths are not those of a kernel.
    pub fn flip(&self, kernel: &[f32], flipped: &mut [f32], pool: &Pool) {
        assert_eq!(kernel.len(), flipped.len(), "conv: not the kernel");
        if self.spreads() {
            return flipped.copy_from_slice(kernel);
        }
        let [h, w] = self.axes;
        let (filters, (taps, depth)) = match self.has_few_channels() {
            true => (self.filters, (h.taps, w.taps * self.channels)),
            false => (self.filters, (h.taps * w.taps, self.depth())),
        };
        pool.for_each_chunk(flipped, (depth * filters).max(1), |tap, flipped| {
            let kernel = &kernel[(taps - 1 - tap) * depth * filters..][..depth * filters];
            transpose([depth, filters], kernel, flipped);
        });
    }

    /// The gradient of one sample's input, rows `first..` as many as `dx` has, from that of its output and the flipped kernel.
    ///
    /// # Panics
    /// When `dy` is not a sample's, `flipped` not a kernel, or `dx` not whole rows.
    pub fn backward(&self, dy: &[f32], flipped: &[f32], dx: &mut [f32], first: usize) {
        self.backward_with_isa(isa(), dy, flipped, dx, first);
    }

    /// The same as the sums of a transposed convolution: what becomes of them says the epilogue.
    pub(super) fn transposed(
        &self,
        dy: &[f32],
        flipped: &[f32],
        dx: &mut [f32],
        first: usize,
        epilogue: Epilogue<'_>,
    ) {
        self.input_rows(isa(), dy, flipped, (first, dx), epilogue);
    }

    #[doc(hidden)]
    pub fn backward_with_isa(
        &self,
        isa: Isa,
        dy: &[f32],
        flipped: &[f32],
        dx: &mut [f32],
        first: usize,
    ) {
        self.input_rows(isa, dy, flipped, (first, dx), Epilogue::default());
    }

    fn input_rows(
        &self,
        isa: Isa,
        dy: &[f32],
        flipped: &[f32],
        (first, dx): (usize, &mut [f32]),
        epilogue: Epilogue<'_>,
    ) {
        assert_eq!(dy.len(), self.output_len(), "conv: not one sample");
        assert_eq!(flipped.len(), self.kernel_len(), "conv: not the kernel");
        if dx.is_empty() {
            return;
        }
        if self.spreads() {
            return self.backward_by_spreading(isa, dy, flipped, (first, dx), epilogue);
        }
        if self.has_few_channels() {
            return self.backward_few_channels(isa, dy, flipped, (first, dx), epilogue);
        }
        let [h, w] = self.axes;
        let row = w.input * self.channels;
        let rows = dx.len() / row.max(1);
        let (depth, width) = (self.depth(), self.width());
        if self.is_pointwise() {
            let (k, n, m) = (self.filters, self.channels, rows * w.input);
            let dy = &dy[first * w.output * k..][..m * k];
            let (a, b) = (Mat::rows(dy, k), Mat::rows(flipped, n));
            return gemm_with_isa(isa, m, n, k, a, b, dx, n, epilogue, &Pool::Serial);
        }
        // Which adds up the filters of a channel: there is no end of a sum.
        let is_by_channels = self.is_by_channels() && epilogue.bias.is_empty() && !epilogue.relu;
        let tap = self.filters * depth;
        for down in h.reversed(first, rows) {
            for along in w.reversed(0, w.input) {
                let conv = StridedConv {
                    axes: [down.axis, along.axis],
                    depth: width,
                    n: depth,
                    x: [self.row_len(), self.filters],
                    y: [h.stride * row, w.stride * self.channels],
                    taps: [down.tap_step * w.taps * tap, along.tap_step * tap],
                    channel: depth,
                    by_channels: is_by_channels.then_some(ByChannels {
                        channels: self.filters,
                        multiplier: self.width(),
                        gathers: true,
                    }),
                    prefetcher: core::ptr::null_mut(),
                };
                // All channels at once, or one group after the other.
                let groups = match conv.by_channels {
                    Some(_) => 1,
                    None => self.groups,
                };
                for group in 0..groups {
                    let dy = &dy[group * width..];
                    let first = down.first_tap * w.taps + along.first_tap;
                    let at = first * tap + group * width * depth;
                    let pixel = down.remainder * row + along.remainder * self.channels;
                    let to = pixel + group * depth;
                    let flipped = &flipped[at.min(flipped.len())..];
                    let bias = match epilogue.bias {
                        [] => epilogue.bias,
                        bias => &bias[group * depth..][..depth],
                    };
                    let epilogue = Epilogue { bias, ..epilogue };
                    conv.run(isa, dy, flipped, &mut dx[to..], epilogue);
                }
            }
        }
    }
}
