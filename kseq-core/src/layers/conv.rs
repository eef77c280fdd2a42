//! What the convolutions share: the passes over the samples of a batch, whatever the number of spatial axes.
//!
//! A layer says which [`Conv`] it is between the shapes of its samples; all values are flat here. Its parameters `p` are
//! the kernel and, if there is one, the bias behind it. A sequence `(steps, channels)` is an image of height 1.

mod gradients;
mod passes;
mod sums;
#[cfg(feature = "std")]
mod winograd;

pub(super) use gradients::scratch;
pub(super) use passes::Passes;
pub(super) use sums::{Finish, rows};

use core::ops::Range;

pub(super) use gradients::Front;
use gradients::{Pass, Workspace, back, back_both};

use super::activate::activate;
#[cfg(feature = "std")]
use super::spread::apply_back_in_place;
use crate::activations::{Act, Activation};
use crate::base::part::copy;
use crate::fusion::BackwardPooled;
use crate::initializers::{Fans, Initializer};
use crate::kernels::conv::Conv;
use crate::kernels::dispatch::DEVICE;
use crate::kernels::gemm::{Epilogue, Then};
use crate::kernels::prefetch::Prefetch;
use crate::kernels::walk::{Memory, Pools, Walk, convolve, input_gradient, kernel_gradient};
use crate::layer::{Backward, Ctx};
use crate::pool::Pool;
use crate::rng::Rng;

/// The initial kernel and bias.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn init(
    conv: &Conv,
    p: &mut [f32],
    [kernel_initializer, bias_initializer]: [Initializer; 2],
    rng: &mut Rng,
) {
    let (kernel, bias) = p.split_at_mut(p.len().min(conv.kernel_len()));
    let window = conv.axes[0].taps * conv.axes[1].taps;
    let fans = Fans::conv(window, conv.channels / conv.groups.max(1), conv.filters);
    kernel_initializer.fill(kernel, fans, rng);
    bias_initializer.fill(bias, Fans::vector(bias.len()), rng);
}

/// The output outside training: `y = activation(conv(x) + bias)`, and what becomes of it behind that.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn infer<A: Activation>(
    conv: &Conv,
    p: &[f32],
    x: &[f32],
    y: &mut [f32],
    then: Then<'_>,
    pool: &Pool,
) {
    let finish = Finish {
        then,
        ..Finish::of::<A>()
    };
    #[cfg(feature = "std")]
    if !DEVICE && winograd::is_taken(conv) {
        let p = p.split_at(conv.kernel_len());
        return winograd::infer(conv, p, x, y, finish, pool);
    }
    forward_rows(conv, p, x, y, finish, pool);
}

/// The output in training, and in the cache what the activation needs of its input.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn forward<A: Activation>(
    conv: &Conv,
    p: &[f32],
    x: &[f32],
    y: &mut [f32],
    cache: &mut [f32],
    pool: &Pool,
) {
    if !A::KEEPS_INPUT {
        return forward_rows(conv, p, x, y, Finish::of::<A>(), pool);
    }
    forward_rows(conv, p, x, cache, Finish::default(), pool);
    copy(y, cache);
    activate(y, A::forward, conv.filters, pool);
}

/// Compiled once, for all activations. (On a microcontroller with the geometry as a constant, so that what it does not ask for is
/// not linked.)
#[cfg_attr(not(feature = "std"), inline(always))]
fn forward_rows(conv: &Conv, p: &[f32], x: &[f32], y: &mut [f32], finish: Finish<'_>, pool: &Pool) {
    if DEVICE {
        let len = conv.input_len();
        let (mut samples, mut outputs) = (x, y);
        // Without a panic at any level of optimisation, which iterators over chunks have.
        while let Some((x, more)) = samples.split_at_checked(len.max(1))
            && let Some((y, others)) = outputs.split_at_mut_checked(conv.output_len())
        {
            // (What a call is lent is not known to be the same behind it, but a copy of it is.)
            let conv = *conv;
            convolve(&conv, None, p, finish.relu, &Memory::apart(x, y), false);
            if let Some(activation) = finish.activation {
                activation(y, conv.filters);
            }
            (samples, outputs) = (more, others);
        }
        return;
    }
    rows(conv, p.split_at(conv.kernel_len()), x, y, finish, pool);
}

/// How a convolution goes over a sample.
pub(super) const fn walk<A: Activation>(conv: Conv) -> Walk {
    let pools = match A::ACT {
        _ if !conv.in_lines() => Pools::Nothing,
        Some(Act::Linear | Act::Relu) => Pools::Any,
        Some(act) if act.rises() => Pools::Max,
        _ => Pools::Nothing,
    };
    Walk::Conv {
        conv,
        pools,
        pooling: None,
    }
}

/// The output of one sample outside training, or what a pooling makes of it.
#[inline(always)]
pub(super) fn infer_walk<A: Activation>(
    p: &[f32],
    memory: Memory<'_>,
    walk: &Walk,
    backwards: bool,
) {
    let Walk::Conv { conv, pooling, .. } = walk else {
        return;
    };
    let relu = matches!(A::ACT, Some(Act::Relu));
    convolve(conv, pooling.as_ref(), p, relu, &memory, backwards);
    if !matches!(A::ACT, Some(Act::Linear | Act::Relu)) {
        A::forward(memory.into_output(), conv.filters);
    }
}

/// Some rows of the output of one sample outside training: which of its values these are. Memory is prefetched
/// meanwhile.
pub(super) fn infer_part<A: Activation>(
    conv: &Conv,
    p: &[f32],
    x: &[f32],
    y: &mut [f32],
    rows: Range<usize>,
    prefetch: Prefetch<'_>,
) -> Range<usize> {
    let (kernel, bias) = p.split_at(conv.kernel_len());
    let part = rows.start * conv.row_len()..rows.end * conv.row_len();
    let y = &mut y[part.clone()];
    #[cfg(feature = "std")]
    if winograd::is_taken(conv) {
        let finish = Finish::of::<A>();
        winograd::infer_part(conv, (kernel, bias), x, y, rows.start, finish, prefetch);
        return part;
    }
    let epilogue = Epilogue {
        bias,
        relu: matches!(A::ACT, Some(Act::Relu)),
        ..Epilogue::default()
    };
    conv.forward_prefetching(x, kernel, y, rows.start, epilogue, prefetch);
    if !matches!(A::ACT, Some(Act::Linear | Act::Relu)) {
        A::forward(y, conv.filters);
    }
    part
}

/// The gradients of the parameters and the input.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn backward<A: Activation>(
    conv: &Conv,
    p: &[f32],
    pass: Backward<'_, f32, f32>,
    dp: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    if DEVICE {
        A::backward(pass.y, pass.cache, pass.dy, conv.filters);
        return on_device(conv, p, (pass.x, pass.dy, pass.dx), dp, cx.trains());
    }
    back_activated::<A>(conv, p, pass, dp, cx);
}

/// The same on a host, for a convolution of any kind.
pub(super) fn back_activated<A: Activation>(
    conv: &dyn Passes,
    p: &[f32],
    pass: Backward<'_, f32, f32>,
    dp: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    back_behind::<A>(None, conv, p, pass, dp, cx);
}

/// The same for a convolution whose input may be the output of another one, `front`, which has the first of the parameters.
pub(super) fn back_behind<A: Activation>(
    front: Option<Front<'_>>,
    conv: &dyn Passes,
    p: &[f32],
    pass: Backward<'_, f32, f32>,
    dp: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let (y, cache, width) = (pass.y, pass.cache, conv.filters());
    #[cfg(feature = "std")]
    let undo = cx.undo;
    let pass = Pass {
        x: pass.x,
        dz: pass.dy,
        prepare: &|i, dz: &mut [f32]| {
            let some = i * dz.len()..(i + 1) * dz.len();
            #[cfg(feature = "std")]
            if let Some(undo) = undo {
                apply_back_in_place(y.get(some.clone()).unwrap_or_default(), dz, &undo);
            }
            // (Of what the activation does not read there is nothing.)
            let x = cache.get(some.clone()).unwrap_or_default();
            A::backward(y.get(some).unwrap_or_default(), x, dz, width);
        },
        dx: pass.dx,
    };
    match front {
        None => back(conv, p, pass, dp, Workspace::of(cx)),
        Some(front) => back_both(front, conv, p, pass, dp, Workspace::of(cx)),
    }
}

/// The same behind which a `MaxPooling` follows: the gradient of a sample is made in the place of its output, of which the
/// activation needs only what the pooling sees.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn backward_pooled<A: Activation>(
    conv: &Conv,
    p: &[f32],
    pass: BackwardPooled<'_, f32, f32>,
    dp: &mut [f32],
    cx: &mut Ctx<'_>,
) {
    let relu = matches!(A::ACT, Some(Act::Relu));
    let (dy, windows) = (pass.dy, pass.windows);
    if DEVICE {
        windows.max_back_in_place(pass.y, dy, relu);
        return on_device(conv, p, (pass.x, pass.y, pass.dx), dp, cx.trains());
    }
    let pass = Pass {
        x: pass.x,
        dz: pass.y,
        prepare: &|i, image: &mut [f32]| {
            let len = windows.output_len();
            windows.max_back_in_place(image, &dy[i * len..][..len], relu);
        },
        dx: pass.dx,
    };
    back(conv, p, pass, dp, Workspace::of(cx));
}

/// The gradients of the parameters, if they are asked for, and of the input, from that of the sums.
#[inline(always)]
fn on_device(
    conv: &Conv,
    p: &[f32],
    (x, dz, dx): (&[f32], &[f32], Option<&mut [f32]>),
    dp: &mut [f32],
    trains: bool,
) {
    if let Some(dx) = dx {
        let kernel = p.get(..conv.kernel_len()).unwrap_or_default();
        // The gradient of the kernel comes afterwards.
        let memory = dp.get_mut(..kernel.len()).unwrap_or_default();
        input_gradient(conv, kernel, dz, dx, memory);
    }
    if trains {
        kernel_gradient(conv, x, dz, dp);
    }
}

/// Whether there is a [`backward_pooled`] for the activation, and whether the kernels go on behind it.
pub(super) const fn unpools<A: Activation>() -> bool {
    matches!(A::ACT, Some(Act::Relu | Act::Linear))
}

/// What [`Layer`](crate::layer::Layer) asks of a layer that says by a method `conv` which convolution it is: all but its parameters, their
/// initial values, and `MACS`.
macro_rules! layer_passes {
    () => {
        type State = NoParams;
        const CACHE: usize = if A::KEEPS_INPUT { Out::LEN } else { 0 };
        const READS_OUTPUT: Reads = A::READS_OUTPUT;
        const SCRATCH: usize = conv::scratch(Self::Params::LEN);
        const INFER_SCRATCH: usize = 0;
        const NEEDS: Needs = Needs {
            scratch: PerStep::sample(conv::scratch(Self::Params::LEN)),
            ..Needs::by_step(<Self as Layer<In, Out>>::CACHE, 0, 0)
        };

        fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
            let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
            let (x, y) = (In::flat(x), Out::flat_mut(y));
            conv::infer::<A>(&conv, p.as_f32s(), x, y, cx.then(), cx.pool);
        }

        fn forward(
            &self,
            p: &Self::Params,
            _: &mut NoParams,
            x: &[In],
            y: &mut [Out],
            cache: &mut [f32],
            cx: &mut Ctx<'_>,
        ) {
            let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
            let (x, y) = (In::flat(x), Out::flat_mut(y));
            conv::forward::<A>(&conv, p.as_f32s(), x, y, cache, cx.pool);
        }

        fn backward(
            &self,
            p: &Self::Params,
            pass: Backward<'_, In, Out>,
            dp: &mut Self::Params,
            cx: &mut Ctx<'_>,
        ) {
            let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
            conv::backward::<A>(&conv, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
        }
    };
}
pub(super) use layer_passes;

/// What [`Fusion`](crate::fusion::Fusion) asks of the same layer, whose `window` goes over so many axes with these sizes.
macro_rules! fusion_passes {
    ($axes:literal, [$($k:ident),+]) => {
        const SAMPLE_WISE: SampleWise = SampleWise::Always;
        const STAGE: Stage = match Out::OPEN {
            0 if $axes > 1 => Stage::Source(Out::SHAPE.dim(0)),
            _ => Stage::None,
        };
        const UNPOOLS: bool = conv::unpools::<A>();
        const UNDOES: bool = cfg!(feature = "std");
        const GOES_ON: bool = conv::unpools::<A>();

        fn stream(
            &self,
            p: &Self::Params,
            _: &NoParams,
            x: &[In],
            state: &mut [f32],
            y: &mut [Out],
            cx: &mut Ctx<'_>,
        ) -> bool {
            let Some(seen) = ring::seen(&self.window, [$($k),+], state, In::flat(x)) else {
                return false;
            };
            let mut conv = self.conv(seen.shape(), Shape::new(&[1, Out::LEN]));
            conv.axes[1].before = seen.before;
            let y = Out::flat_mut(y);
            conv::infer::<A>(&conv, p.as_f32s(), seen.window, y, cx.then(), cx.pool);
            true
        }

        fn infer_part(
            &self,
            p: &Self::Params,
            x: &[In],
            y: &mut [Out],
            rows: Range<usize>,
            cx: &mut Ctx<'_>,
        ) -> Range<usize> {
            let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
            let (x, y) = (In::flat(x), Out::flat_mut(y));
            conv::infer_part::<A>(&conv, p.as_f32s(), x, y, rows, cx.prefetch)
        }

        #[inline(always)]
        fn infer_walk(&self, p: &Self::Params, memory: Memory<'_>, walk: &Walk, backwards: bool) {
            conv::infer_walk::<A>(p.as_f32s(), memory, walk, backwards);
        }

        fn backward_pooled(
            &self,
            p: &Self::Params,
            pass: BackwardPooled<'_, In, Out>,
            dp: &mut Self::Params,
            cx: &mut Ctx<'_>,
        ) {
            let conv = self.conv(cx.input_shape::<In>(), cx.output_shape::<Out>());
            conv::backward_pooled::<A>(&conv, p.as_f32s(), pass.flat(), dp.as_f32s_mut(), cx);
        }
    };
}
pub(super) use fusion_passes;
