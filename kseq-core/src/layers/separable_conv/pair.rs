//! The two convolutions of a separable one, as `conv.rs` computes them.

use crate::activations::{Activation, Linear};
use crate::kernels::conv::{Axis, Conv};
use crate::kernels::dispatch::DEVICE;
use crate::kernels::gemm::Then;
use crate::layer::{Backward, Ctx};
use crate::layers::window::Window;
use crate::layers::{conv, depthwise_conv};
use crate::shape::Shape;

/// An axis on which each output sees one input.
const fn each(size: usize) -> Axis {
    Axis {
        input: size,
        output: size,
        ..Axis::SINGLE
    }
}

/// The two convolutions; the kernel of the first lies before kernel and bias of the second.
pub(super) struct Pair {
    pub(super) depthwise: Conv,
    pub(super) pointwise: Conv,
}

impl Pair {
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(super) const fn new<const N: usize>(
        window: &Window<N>,
        kernel_size: [usize; N],
        depth: usize,
        input: Shape,
        output: Shape,
    ) -> Pair {
        let depthwise =
            depthwise_conv::geometry(window, kernel_size, input, output.with_last(depth));
        let [h, w] = &depthwise.axes;
        Pair {
            pointwise: Conv {
                axes: [each(h.output), each(w.output)],
                channels: depth,
                filters: output.last(),
                groups: 1,
            },
            depthwise,
        }
    }

    /// So many samples are taken at a time, so that what is between the convolutions stays in a cache.
    fn some(cx: &Ctx<'_>) -> usize {
        match cx.pool.threads() {
            1 => 1,
            threads => 4 * threads,
        }
    }

    /// `y` and `z` of some samples, by the second convolution `last`.
    fn run(
        &self,
        p: &[f32],
        x: &[f32],
        z: &mut [f32],
        y: &mut [f32],
        cx: &Ctx<'_>,
        mut last: impl FnMut(&Conv, &[f32], &[f32], &mut [f32]),
    ) {
        let Some((kernel, rest)) = p.split_at_checked(self.depthwise.kernel_len()) else {
            return;
        };
        let some = Self::some(cx);
        let part = |conv: usize| (some * conv).max(1);
        let x = x.chunks(part(self.depthwise.input_len()));
        let z = z.chunks_mut(part(self.depthwise.output_len()));
        let y = y.chunks_mut(part(self.pointwise.output_len()));
        for ((x, z), y) in x.zip(z).zip(y) {
            conv::infer::<Linear>(&self.depthwise, kernel, x, z, Then::default(), cx.pool);
            last(&self.pointwise, rest, z, y);
        }
    }

    /// The output outside training. On a microcontroller `z` is a single pixel.
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(super) fn infer<A: Activation>(
        &self,
        p: &[f32],
        x: &[f32],
        y: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let z = core::mem::take(&mut cx.scratch);
        if DEVICE {
            let depth = z.get_mut(..self.pointwise.channels).unwrap_or_default();
            self.infer_by_pixels::<A>(p, x, y, depth, cx);
        } else {
            let (then, pool) = (cx.then(), cx.pool);
            // (There may be more memory than these samples need.)
            let samples = x.len() / self.depthwise.input_len().max(1);
            let z = z.get_mut(..samples * self.depthwise.output_len());
            let z = z.unwrap_or_default();
            self.run(p, x, z, y, cx, |conv, p, z, y| {
                conv::infer::<A>(conv, p, z, y, then, pool);
            });
        }
        cx.scratch = z;
    }

    #[cfg_attr(not(feature = "std"), inline(always))]
    fn infer_by_pixels<A: Activation>(
        &self,
        p: &[f32],
        x: &[f32],
        y: &mut [f32],
        z: &mut [f32],
        cx: &Ctx<'_>,
    ) {
        let Some((kernel, rest)) = p.split_at_checked(self.depthwise.kernel_len()) else {
            return;
        };
        let [h, w] = self.depthwise.axes;
        let filters = self.pointwise.filters;
        let (mut samples, mut outputs) = (x, y);
        while let Some((x, more)) = samples.split_at_checked(self.depthwise.input_len().max(1)) {
            for i in 0..h.output {
                for j in 0..w.output {
                    let Some((y, others)) = outputs.split_at_mut_checked(filters) else {
                        return;
                    };
                    let pixel = Conv {
                        axes: [h.only(i), w.only(j)],
                        ..self.depthwise
                    };
                    let mixed = Conv {
                        axes: [Axis::SINGLE; 2],
                        ..self.pointwise
                    };
                    conv::infer::<Linear>(&pixel, kernel, x, z, Then::default(), cx.pool);
                    conv::infer::<A>(&mixed, rest, z, y, Then::default(), cx.pool);
                    outputs = others;
                }
            }
            samples = more;
        }
    }

    /// The output in training. The cache is `z`, and what the activation needs of its input.
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(super) fn forward<A: Activation>(
        &self,
        p: &[f32],
        x: &[f32],
        y: &mut [f32],
        cache: &mut [f32],
        cx: &Ctx<'_>,
    ) {
        let samples = x.len() / self.depthwise.input_len().max(1);
        let Some((z, mut cache)) =
            cache.split_at_mut_checked(samples * self.depthwise.output_len())
        else {
            return;
        };
        self.run(p, x, z, y, cx, |conv, p, z, y| {
            let memory = core::mem::take(&mut cache);
            let len = if A::KEEPS_INPUT { y.len() } else { 0 };
            let Some((here, rest)) = memory.split_at_mut_checked(len) else {
                return;
            };
            conv::forward::<A>(conv, p, z, y, here, cx.pool);
            cache = rest;
        });
    }

    /// The gradients of parameters and input.
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(super) fn backward<A: Activation>(
        &self,
        p: &[f32],
        pass: Backward<'_, f32, f32>,
        dp: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let samples = pass.x.len() / self.depthwise.input_len().max(1);
        let between = samples * self.depthwise.output_len();
        let memory = core::mem::take(&mut cx.scratch);
        if let Some((z, cache)) = pass.cache.split_at_checked(between)
            && let Some((dz, scratch)) = memory.split_at_mut_checked(between)
        {
            let mut cx = cx.with_scratch(scratch);
            let mixing = Backward {
                x: z,
                y: pass.y,
                cache,
                dy: pass.dy,
                dx: None,
            };
            let by_channels = Backward {
                x: pass.x,
                y: &[],
                cache: &[],
                dy: dz,
                dx: pass.dx,
            };
            match DEVICE {
                true => self.back_on_device::<A>(p, mixing, by_channels, dp, &mut cx),
                false => {
                    let front = conv::Front {
                        conv: &self.depthwise,
                        x: by_channels.x,
                        dz: by_channels.dy,
                        dx: by_channels.dx,
                    };
                    conv::back_behind::<A>(Some(front), &self.pointwise, p, mixing, dp, &mut cx);
                }
            }
        }
        cx.scratch = memory;
    }

    /// The same, one convolution behind the other.
    #[inline(always)]
    fn back_on_device<A: Activation>(
        &self,
        p: &[f32],
        mixing: Backward<'_, f32, f32>,
        by_channels: Backward<'_, f32, f32>,
        dp: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let first = self.depthwise.kernel_len();
        if let Some((kernel, rest)) = p.split_at_checked(first)
            && let Some((dkernel, drest)) = dp.split_at_mut_checked(first)
        {
            let mixing = Backward {
                dx: Some(&mut *by_channels.dy),
                ..mixing
            };
            conv::backward::<A>(&self.pointwise, rest, mixing, drest, cx);
            conv::backward::<Linear>(&self.depthwise, kernel, by_channels, dkernel, cx);
        }
    }
}
