//! What the passes over the samples of a batch ask of a convolution.

use crate::kernels::conv::Conv;
use crate::kernels::gemm::Epilogue;
use crate::pool::Pool;

/// What the passes ask of a convolution, whatever its axes and its direction. (On a host: by a pointer, so that the loops around
/// the kernels are compiled once.)
pub(in crate::layers) trait Passes: Sync {
    /// Values of a sample.
    fn input_len(&self) -> usize;
    /// The same of the output.
    fn output_len(&self) -> usize;
    /// Weights of the kernel.
    fn kernel_len(&self) -> usize;
    /// Lines of the kernel: see [`Passes::add_kernel_gradient`].
    fn lines(&self) -> usize;
    /// Channels of the output.
    fn filters(&self) -> usize;
    /// Rows of a sample, and the values of one.
    fn input_rows(&self) -> [usize; 2];
    /// The same of the output.
    fn output_rows(&self) -> [usize; 2];
    /// The same for so many samples as for one, if each output sees a single pixel.
    fn pixels(&self, samples: usize) -> Option<Conv> {
        let _ = samples;
        None
    }
    /// The rows of one sample's output from row `first` on, as many as `y` has.
    fn forward(&self, x: &[f32], kernel: &[f32], y: &mut [f32], first: usize, ends: Epilogue<'_>);
    /// The kernel as [`Passes::backward`] wants it, in this memory or where it is.
    fn turned<'a>(&self, kernel: &'a [f32], memory: &'a mut [f32], pool: &Pool) -> &'a [f32];
    /// The rows of the gradient of one sample's input, from row `first` on, as many as `dx` has.
    fn backward(&self, dz: &[f32], turned: &[f32], dx: &mut [f32], first: usize);
    /// Adds one sample's gradient of the kernel to its lines from the `first` on, as many as `dkernel` has.
    fn add_kernel_gradient(&self, x: &[f32], dz: &[f32], dkernel: &mut [f32], first: usize);
}

impl Passes for Conv {
    fn input_len(&self) -> usize {
        self.input_len()
    }

    fn output_len(&self) -> usize {
        self.output_len()
    }

    fn kernel_len(&self) -> usize {
        self.kernel_len()
    }

    fn lines(&self) -> usize {
        self.axes[0].taps
    }

    fn filters(&self) -> usize {
        self.filters
    }

    fn input_rows(&self) -> [usize; 2] {
        let [h, w] = &self.axes;
        [h.input, w.input * self.channels]
    }

    fn output_rows(&self) -> [usize; 2] {
        [self.axes[0].output, self.row_len()]
    }

    fn pixels(&self, samples: usize) -> Option<Conv> {
        self.is_pointwise().then(|| self.merged(samples))
    }

    fn forward(&self, x: &[f32], kernel: &[f32], y: &mut [f32], first: usize, ends: Epilogue<'_>) {
        self.forward(x, kernel, y, first, ends);
    }

    fn turned<'a>(&self, kernel: &'a [f32], memory: &'a mut [f32], pool: &Pool) -> &'a [f32] {
        self.flip(kernel, memory, pool);
        memory
    }

    fn backward(&self, dz: &[f32], turned: &[f32], dx: &mut [f32], first: usize) {
        self.backward(dz, turned, dx, first);
    }

    fn add_kernel_gradient(&self, x: &[f32], dz: &[f32], dkernel: &mut [f32], first: usize) {
        self.add_kernel_gradient(x, dz, dkernel, first);
    }
}
