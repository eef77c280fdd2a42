//! Convolutions of volumes and transposed ones on a microcontroller: pixel by pixel and tap by tap, in little code and without memory
//! besides the samples. What a pixel gives to one that sees it goes by the same three small functions in all passes.

use crate::base::part::{part, part_mut};
use crate::kernels::conv::{Axis, Volume};
use crate::kernels::fpu::rolled;

/// A convolution of volumes; `transposed` from its outputs to its inputs.
pub(crate) struct Volumes {
    pub volume: Volume,
    pub transposed: bool,
}

/// A pixel of the input, the tap by which a pixel of the output sees it, and that pixel.
#[derive(Clone, Copy)]
struct Sight {
    input: usize,
    tap: usize,
    output: usize,
}

/// What an output of an axis sees by a tap.
fn seen(axis: &Axis, output: usize, tap: usize) -> usize {
    let at = (output * axis.stride + tap * axis.dilation) as isize - axis.before;
    usize::try_from(at).unwrap_or(0)
}

impl Volumes {
    /// Values of samples of what goes in, and of what comes out.
    const fn lens(&self) -> [usize; 2] {
        let (input, output) = (self.volume.input_len(), self.volume.output_len());
        match self.transposed {
            true => [output, input],
            false => [input, output],
        }
    }

    /// Calls `f` with all that the outputs of the convolution see.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut(Sight)) {
        let Volume { deep, plane } = &self.volume;
        let [h, w] = &plane.axes;
        let mut output = 0;
        for layer in 0..deep.output {
            for row in 0..h.output {
                for column in 0..w.output {
                    for s in deep.taps_of(layer) {
                        for t in h.taps_of(row) {
                            for u in w.taps_of(column) {
                                let line = seen(deep, layer, s) * h.input + seen(h, row, t);
                                f(Sight {
                                    input: line * w.input + seen(w, column, u),
                                    tap: (s * h.taps + t) * w.taps + u,
                                    output,
                                });
                            }
                        }
                    }
                    output += 1;
                }
            }
        }
    }

    /// The channels of a pixel: what goes into the convolution, its weights by a tap, and what comes out.
    const fn pixel(&self) -> [usize; 3] {
        let plane = &self.volume.plane;
        [plane.channels, plane.depth() * plane.filters, plane.filters]
    }

    /// The sums of some samples, with the bias behind the kernel if there is one.
    #[inline(never)]
    pub(crate) fn sums(&self, p: &[f32], x: &[f32], y: &mut [f32]) {
        let kernel = self.volume.kernel_len();
        let (kernel, bias) = p.split_at_checked(kernel).unwrap_or((p, &[]));
        self.pass(self.transposed, kernel, x, y);
        let mut pixels = y;
        while !bias.is_empty()
            && let Some((pixel, rest)) = pixels.split_at_mut_checked(bias.len())
        {
            add(bias, pixel);
            pixels = rest;
        }
    }

    /// The gradient of the input of some samples.
    #[inline(never)]
    pub(crate) fn input_gradient(&self, kernel: &[f32], dz: &[f32], dx: &mut [f32]) {
        self.pass(!self.transposed, kernel, dz, dx);
    }

    /// From what the convolution gives to what it sees (`back`), or the other way.
    fn pass(&self, back: bool, kernel: &[f32], mut x: &[f32], mut y: &mut [f32]) {
        let [channels, weights, filters] = self.pixel();
        let lens = [self.volume.input_len(), self.volume.output_len()];
        let [input, output] = match back {
            true => [lens[1], lens[0]],
            false => lens,
        };
        y.fill(0.0);
        while let Some((x_here, x_rest)) = x.split_at_checked(input.max(1))
            && let Some((y_here, y_rest)) = y.split_at_mut_checked(output)
        {
            self.each(|Sight { input, tap, output }| {
                let kernel = part(kernel, tap * weights, weights);
                if back {
                    let (from, to) = (output * filters, input * channels);
                    self.collect(
                        kernel,
                        part(x_here, from, filters),
                        part_mut(y_here, to, channels),
                    );
                } else {
                    let (from, to) = (input * channels, output * filters);
                    self.spread(
                        kernel,
                        part(x_here, from, channels),
                        part_mut(y_here, to, filters),
                    );
                }
            });
            (x, y) = (x_rest, y_rest);
        }
    }

    /// The gradients of kernel and bias, summed over some samples.
    #[inline(never)]
    pub(crate) fn kernel_gradient(&self, mut x: &[f32], mut dz: &[f32], dp: &mut [f32]) {
        let [channels, weights, filters] = self.pixel();
        let [input, output] = self.lens();
        dp.fill(0.0);
        let Some((dkernel, dbias)) = dp.split_at_mut_checked(self.volume.kernel_len()) else {
            return;
        };
        let mut pixels = dz;
        while !dbias.is_empty()
            && let Some((pixel, rest)) = pixels.split_at_checked(dbias.len())
        {
            add(pixel, dbias);
            pixels = rest;
        }
        while let Some((x_here, x_rest)) = x.split_at_checked(input.max(1))
            && let Some((dz_here, dz_rest)) = dz.split_at_checked(output)
        {
            let (seen, seeing) = match self.transposed {
                true => (dz_here, x_here),
                false => (x_here, dz_here),
            };
            self.each(|Sight { input, tap, output }| {
                let seen = part(seen, input * channels, channels);
                let seeing = part(seeing, output * filters, filters);
                self.outer(part_mut(dkernel, tap * weights, weights), seen, seeing);
            });
            (x, dz) = (x_rest, dz_rest);
        }
    }

    /// Calls `f` with each channel of a pixel: where the filters of its group begin, and its weights for them.
    #[inline(always)]
    fn channels(&self, mut f: impl FnMut(usize, usize, usize)) {
        let plane = &self.volume.plane;
        let (depth, width) = (plane.depth(), plane.width());
        for group in 0..plane.groups {
            for channel in 0..depth {
                let first = group * width;
                f(
                    group * depth + channel,
                    first,
                    channel * plane.filters + first,
                );
            }
        }
    }

    /// Adds what the channels of a pixel give to the filters of another one.
    #[inline(never)]
    fn spread(&self, kernel: &[f32], x: &[f32], y: &mut [f32]) {
        let width = self.volume.plane.width();
        self.channels(|channel, first, weights| {
            let x = x.get(channel).copied().unwrap_or_default();
            let kernel = part(kernel, weights, width);
            for (y, k) in part_mut(y, first, width).iter_mut().zip(kernel) {
                rolled();
                *y += x * k;
            }
        });
    }

    /// Adds what the filters of a pixel give back to the channels of another one.
    #[inline(never)]
    fn collect(&self, kernel: &[f32], y: &[f32], x: &mut [f32]) {
        let width = self.volume.plane.width();
        self.channels(|channel, first, weights| {
            let Some(sum) = x.get_mut(channel) else {
                return;
            };
            let kernel = part(kernel, weights, width);
            for (y, k) in part(y, first, width).iter().zip(kernel) {
                rolled();
                *sum += y * k;
            }
        });
    }

    /// Adds the products of the channels of a pixel with the filters of another one.
    #[inline(never)]
    fn outer(&self, kernel: &mut [f32], x: &[f32], y: &[f32]) {
        let width = self.volume.plane.width();
        self.channels(|channel, first, weights| {
            let x = x.get(channel).copied().unwrap_or_default();
            let kernel = part_mut(kernel, weights, width);
            for (k, y) in kernel.iter_mut().zip(part(y, first, width)) {
                rolled();
                *k += x * y;
            }
        });
    }
}

/// Adds values to others.
fn add(values: &[f32], to: &mut [f32]) {
    for (to, value) in to.iter_mut().zip(values) {
        rolled();
        *to += value;
    }
}
