//! The output of a convolution.

use super::geometry::Conv;
use super::strided::{ByChannels, StridedConv};
use crate::kernels::dispatch::{Isa, isa};
use crate::kernels::gemm::{Epilogue, Mat, Then, gemm_with_isa};
use crate::kernels::prefetch::{Prefetch, Prefetcher};
use crate::pool::Pool;

/// OutputRows of an output from the `first` on.
struct OutputRows<'a> {
    first: usize,
    y: &'a mut [f32],
}

impl Conv {
    /// The rows of one sample's output from row `first` on, as many as `y` has.
    ///
    /// # Panics
    /// When `x` is not a sample, `kernel` not a kernel, or `y` not whole rows of the output.
    pub fn forward(
        &self,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        first: usize,
        epilogue: Epilogue<'_>,
    ) {
        let rows = OutputRows { first, y };
        self.rows(isa(), x, kernel, rows, epilogue, core::ptr::null_mut());
    }

    /// The same, with memory that is prefetched meanwhile.
    pub(crate) fn forward_prefetching(
        &self,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        first: usize,
        epilogue: Epilogue<'_>,
        prefetch: Prefetch<'_>,
    ) {
        let mut prefetcher = Prefetcher::new(prefetch);
        let rows = OutputRows { first, y };
        self.rows(isa(), x, kernel, rows, epilogue, &raw mut prefetcher);
    }

    #[doc(hidden)]
    pub fn forward_with_isa(
        &self,
        isa: Isa,
        x: &[f32],
        kernel: &[f32],
        y: &mut [f32],
        first: usize,
        epilogue: Epilogue<'_>,
    ) {
        let rows = OutputRows { first, y };
        self.rows(isa, x, kernel, rows, epilogue, core::ptr::null_mut());
    }

    fn rows(
        &self,
        isa: Isa,
        x: &[f32],
        kernel: &[f32],
        OutputRows { first, y }: OutputRows<'_>,
        epilogue: Epilogue<'_>,
        prefetcher: *mut Prefetcher,
    ) {
        assert_eq!(x.len(), self.input_len(), "conv: not one sample");
        assert_eq!(kernel.len(), self.kernel_len(), "conv: not the kernel");
        if y.is_empty() {
            return;
        }
        let (rows, [h, w]) = (y.len() / self.row_len().max(1), self.axes);
        if self.is_pointwise() && prefetcher.is_null() {
            let (k, n, m) = (self.channels, self.filters, rows * w.output);
            let x = &x[first * w.input * k..][..m * k];
            let (a, b) = (Mat::rows(x, k), Mat::rows(kernel, n));
            return gemm_with_isa(isa, m, n, k, a, b, y, n, epilogue, &Pool::Serial);
        }
        if self.forward_by_planes(isa, x, kernel, (first, &mut *y), epilogue) {
            return;
        }
        let conv = StridedConv {
            axes: [h.outputs_from(first, rows), w],
            depth: self.depth(),
            n: self.width(),
            x: [w.input * self.channels, self.channels],
            y: [self.row_len(), self.filters],
            taps: [
                w.taps * self.depth() * self.filters,
                self.depth() * self.filters,
            ],
            channel: self.filters,
            by_channels: self.is_by_channels().then_some(ByChannels {
                channels: self.filters,
                multiplier: self.width(),
                gathers: false,
            }),
            prefetcher,
        };
        if conv.by_channels.is_some() {
            return conv.run(isa, x, kernel, y, epilogue);
        }
        for group in 0..self.groups {
            let (x, first) = (&x[group * conv.depth..], group * conv.n);
            let bias = match epilogue.bias {
                [] => epilogue.bias,
                bias => &bias[first..][..conv.n],
            };
            let normalised = epilogue.then.columns(first, conv.n);
            let epilogue = Epilogue {
                bias,
                then: Then::of(&normalised),
                ..epilogue
            };
            conv.run(isa, x, &kernel[first..], &mut y[first..], epilogue);
        }
    }
}
