//! What the convolutions share: the passes over the samples of a batch, whatever the number of spatial axes.
//!
//! A layer says which [`Conv`] it is between the shapes of its samples; all values are flat here. Its parameters `p` are
//! the kernel and, if there is one, the bias behind it. A sequence `(steps, channels)` is an image of height 1.

use core::ops::Range;

use super::activate::activate;
use crate::activations::{Act, Activation};
use crate::fusion::BackwardPooled;
use crate::initializers::{Fans, Initializer};
use crate::kernels::cache::L1_FLOATS;
use crate::kernels::conv::Conv;
use crate::kernels::dispatch::DEVICE;
use crate::kernels::elementwise::{add_column_sums, axpy};
use crate::kernels::gemm::Epilogue;
use crate::kernels::prefetch::Prefetch;
use crate::kernels::walk::{Memory, Pools, Walk, convolve, input_gradient, kernel_gradient};
use crate::layer::{Backward, Ctx};
use crate::pool::{GRAIN, Pool, for_samples};
use crate::rng::Rng;

/// What the passes ask of a convolution, whatever its axes and its direction. (On a host: by a pointer, so that the loops around
/// the kernels are compiled once.)
pub(super) trait Passes: Sync {
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

/// Values of a sample's rows that are finished while they are in the first level cache.
const ROWS_FLOATS: usize = L1_FLOATS / 2;

/// Outputs that pay for a thread: each is a sum over a patch.
const OUTPUTS: usize = 16 * 1024;

/// So many pixels a convolution of single ones takes at once: for fewer its kernel would be read too often.
const PIXELS: usize = 512;

/// Calls `f` for some rows of a sample at a time, at least so many: sample, first row, values.
fn for_rows(
    pool: &Pool,
    data: &mut [f32],
    [rows, row]: [usize; 2],
    least: usize,
    f: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let some = (OUTPUTS / row.max(1)).max(least).clamp(1, rows.max(1));
    pool.for_each_chunk(data, rows * row, |sample, data| {
        pool.for_each_chunk(data, some * row, |i, data| f(sample, i * some, data));
    });
}

/// The output outside training: `y = activation(conv(x) + bias)`.
#[cfg_attr(not(feature = "std"), inline(always))]
pub(super) fn infer<A: Activation>(conv: &Conv, p: &[f32], x: &[f32], y: &mut [f32], pool: &Pool) {
    forward_rows(conv, p, x, y, Finish::of::<A>(), pool);
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
        return infer::<A>(conv, p, x, y, pool);
    }
    forward_rows(conv, p, x, cache, Finish::default(), pool);
    copy(cache, y);
    activate(y, A::forward, conv.filters, pool);
}

/// (Without a panic for lengths that differ.)
pub(super) fn copy(from: &[f32], to: &mut [f32]) {
    if DEVICE {
        return to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
    to.copy_from_slice(from);
}

/// What is done with rows of sums, by the kernel or behind it.
#[derive(Clone, Copy, Default)]
pub(super) struct Finish {
    relu: bool,
    /// [`Activation::forward`]
    activation: Option<fn(&mut [f32], usize)>,
}

impl Finish {
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(super) fn of<A: Activation>() -> Self {
        Finish {
            relu: matches!(A::ACT, Some(Act::Relu)),
            activation: match A::ACT {
                Some(Act::Linear | Act::Relu) => None,
                _ => Some(A::forward),
            },
        }
    }
}

/// Compiled once, for all activations. (On a microcontroller with the geometry as a constant, so that what it does not ask for is
/// not linked.)
#[cfg_attr(not(feature = "std"), inline(always))]
fn forward_rows(conv: &Conv, p: &[f32], x: &[f32], y: &mut [f32], finish: Finish, pool: &Pool) {
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

/// The rows of sums on a host, of the output of some samples; the kernel may lie elsewhere than the bias.
pub(super) fn rows(
    conv: &dyn Passes,
    (kernel, bias): (&[f32], &[f32]),
    x: &[f32],
    y: &mut [f32],
    finish: Finish,
    pool: &Pool,
) {
    // A convolution of single pixels goes over those of all samples as of one.
    let all = conv.pixels(y.len() / conv.output_len().max(1));
    let (conv, least): (&dyn Passes, usize) = match &all {
        Some(all) => (all, PIXELS),
        None => (conv, 1),
    };
    let (len, [_, row]) = (conv.input_len(), conv.output_rows());
    let row = row.max(1);
    let epilogue = Epilogue {
        bias,
        relu: finish.relu,
        ..Epilogue::default()
    };
    for_rows(pool, y, conv.output_rows(), least, |sample, first, y| {
        let x = &x[sample * len..][..len];
        let Some(activation) = finish.activation else {
            return conv.forward(x, kernel, y, first, epilogue);
        };
        let some = (ROWS_FLOATS / row).max(least / 8).max(1);
        for (i, y) in y.chunks_mut(some * row).enumerate() {
            conv.forward(x, kernel, y, first + i * some, epilogue);
            activation(y, conv.filters());
        }
    });
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

/// Samples whose gradients of the parameters are summed one after the other: a fixed number, so that the sum does not
/// depend on the number of threads.
const BATCH: usize = 4;

/// The scratch memory of [`backward`], in values a sample: the parameters for each [`BATCH`] that is begun, if it is not
/// the only one.
///
/// A microcontroller needs none: it goes sample by sample.
pub(super) const fn scratch(params: usize) -> usize {
    if DEVICE {
        return 0;
    }
    (2 * params).div_ceil(BATCH + 1)
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
    let (y, cache, width) = (pass.y, pass.cache, conv.filters);
    if DEVICE {
        A::backward(y, cache, pass.dy, width);
        return on_device(conv, p, (pass.x, pass.dy, pass.dx), dp, cx.trains());
    }
    let pass = Pass {
        x: pass.x,
        dz: pass.dy,
        prepare: &|i, dz: &mut [f32]| {
            let some = i * dz.len()..(i + 1) * dz.len();
            // (Of what the activation does not read there is nothing.)
            let x = cache.get(some.clone()).unwrap_or_default();
            A::backward(y.get(some).unwrap_or_default(), x, dz, width);
        },
        dx: pass.dx,
    };
    back(conv, p, pass, dp, Workspace::of(cx));
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

/// Whether there is a [`backward_pooled`] for the activation.
pub(super) const fn unpools<A: Activation>() -> bool {
    matches!(A::ACT, Some(Act::Relu | Act::Linear))
}

/// What [`back`] works on.
pub(super) struct Pass<'a> {
    pub x: &'a [f32],
    /// The memory of the gradient before the activation, which `prepare` makes for a sample of what it finds there.
    pub dz: &'a mut [f32],
    pub prepare: &'a (dyn Fn(usize, &mut [f32]) + Sync),
    pub dx: Option<&'a mut [f32]>,
}

/// What [`back`] may use.
pub(super) struct Workspace<'a> {
    /// Whether the gradients of the parameters are asked for.
    trains: bool,
    scratch: &'a mut [f32],
    pool: &'a Pool,
}

impl<'a> Workspace<'a> {
    pub(super) fn of(cx: &'a mut Ctx<'_>) -> Self {
        Workspace {
            trains: cx.trains(),
            scratch: cx.scratch,
            pool: cx.pool,
        }
    }
}

/// Batches of samples that are handed to the threads together.
const TASKS: usize = 16;

/// The gradients of the parameters and of the input. Compiled once, for all activations.
pub(super) fn back(
    conv: &dyn Passes,
    p: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    work: Workspace<'_>,
) {
    let (kernel, _) = p.split_at(conv.kernel_len());
    let samples = pass.dz.len() / conv.output_len().max(1);
    if work.trains && samples > BATCH && samples.div_ceil(BATCH) >= work.pool.threads() {
        by_samples(conv, kernel, pass, dp, work);
    } else {
        by_passes(conv, kernel, pass, dp, work);
    }
}

/// All that is done with a sample's gradient while it is in the cache; batches of samples on different threads.
fn by_samples(
    conv: &dyn Passes,
    kernel: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    Workspace { scratch, pool, .. }: Workspace<'_>,
) {
    let Pass { x, dz, dx, prepare } = pass;
    let (input, output) = (conv.input_len().max(1), conv.output_len().max(1));
    let params = dp.len().max(1);
    // The sums come from the scratch memory, so the flipped kernel may lie where they will go.
    let (flipped, _) = dp.split_at_mut(kernel.len());
    let with_dx = dx.is_some();
    let turned = match with_dx {
        true => conv.turned(kernel, flipped, pool),
        false => &[],
    };
    let sums = &mut scratch[..(dz.len() / output).div_ceil(BATCH) * params];
    let mut parts = dz
        .chunks_mut(BATCH * output)
        .zip(sums.chunks_exact_mut(params));
    let mut inputs = dx.unwrap_or_default().chunks_mut(BATCH * input);
    let mut first = 0;
    loop {
        let mut tasks = [const { None }; TASKS];
        let mut count = 0;
        while count < TASKS
            && let Some((dz, sums)) = parts.next()
        {
            let dx = inputs.next().unwrap_or_default();
            let begin = first;
            first += BATCH;
            tasks[count] = Some((begin, dz, sums, dx));
            count += 1;
        }
        if count == 0 {
            break;
        }
        pool.for_each_chunk(&mut tasks[..count], 1, |_, task| {
            let [Some((first, dz, sums, dx))] = task else {
                return;
            };
            sums.fill(0.0);
            if let Some(all) = conv.pixels(dz.len() / output) {
                // All of them as one.
                let some = dz.chunks_exact_mut(output).enumerate();
                some.for_each(|(i, dz)| prepare(*first + i, dz));
                let x = &x[*first * input..][..all.input_len()];
                let dkernel = add_bias_gradient(conv, dz, sums);
                all.add_kernel_gradient(x, dz, dkernel, 0);
                if with_dx && let Some(dx) = dx.get_mut(..all.input_len()) {
                    all.backward(dz, turned, dx, 0);
                }
                return;
            }
            let mut dx = dx.chunks_exact_mut(input);
            for (i, dz) in dz.chunks_exact_mut(output).enumerate() {
                let x = &x[(*first + i) * input..][..input];
                prepare(*first + i, dz);
                add_gradients(conv, x, dz, sums, pool, false);
                if with_dx && let Some(dx) = dx.next() {
                    conv.backward(dz, turned, dx, 0);
                }
            }
        });
    }
    add_sums(dp, sums, pool);
}

/// One thing after the other, for few samples, each split over the threads.
fn by_passes(
    conv: &dyn Passes,
    kernel: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    work: Workspace<'_>,
) {
    let Workspace {
        scratch,
        trains,
        pool,
    } = work;
    let Pass { x, dz, dx, prepare } = pass;
    let (input, output) = (conv.input_len(), conv.output_len());
    for_samples(pool, dz, output, output, prepare);
    let dz = &*dz;
    if let Some(dx) = dx {
        // The flipped kernel is as large as its gradient, which comes afterwards.
        let (flipped, _) = dp.split_at_mut(kernel.len());
        let turned = conv.turned(kernel, flipped, pool);
        let all = conv.pixels(1);
        let (conv, least): (&dyn Passes, usize) = match &all {
            Some(all) => (all, PIXELS),
            None => (conv, 1),
        };
        for_rows(pool, dx, conv.input_rows(), least, |sample, first, dx| {
            conv.backward(&dz[sample * output..][..output], turned, dx, first);
        });
    }
    if !trains {
        return;
    }
    let samples = dz.len() / output.max(1);
    if samples <= BATCH {
        dp.fill(0.0);
        return add_gradients(conv, x, dz, dp, pool, true);
    }
    let params = dp.len().max(1);
    let sums = &mut scratch[..samples.div_ceil(BATCH) * params];
    pool.for_each_chunk(sums, params, |i, sums| {
        sums.fill(0.0);
        let some = i * BATCH..samples.min((i + 1) * BATCH);
        let x = &x[some.start * input..some.end * input];
        let dz = &dz[some.start * output..some.end * output];
        add_gradients(conv, x, dz, sums, pool, true);
    });
    add_sums(dp, sums, pool);
}

/// Writes to `dp` the sum of the gradients of all batches, in their order.
fn add_sums(dp: &mut [f32], sums: &[f32], pool: &Pool) {
    let params = dp.len().max(1);
    pool.for_each_chunk(dp, GRAIN, |i, dp| {
        dp.fill(0.0);
        for sums in sums.chunks_exact(params) {
            axpy(1.0, &sums[i * GRAIN..][..dp.len()], dp);
        }
    });
}

/// Adds the gradients of kernel and bias, summed over all samples in their order; `split` over threads by lines.
fn add_gradients(
    conv: &dyn Passes,
    x: &[f32],
    dz: &[f32],
    dp: &mut [f32],
    pool: &Pool,
    split: bool,
) {
    let dkernel = add_bias_gradient(conv, dz, dp);
    let line = dkernel.len() / conv.lines().max(1);
    let samples = || {
        let x = x.chunks_exact(conv.input_len().max(1));
        x.zip(dz.chunks_exact(conv.output_len().max(1)))
    };
    if !split || pool.threads() == 1 {
        // A sample at a time, while it is in the cache.
        samples().for_each(|(x, dz)| conv.add_kernel_gradient(x, dz, dkernel, 0));
        return;
    }
    pool.for_each_chunk(dkernel, line, |i, dkernel| {
        samples().for_each(|(x, dz)| conv.add_kernel_gradient(x, dz, dkernel, i));
    });
}

/// Adds the gradient of the bias, sample by sample; returns that of the kernel.
fn add_bias_gradient<'a>(conv: &dyn Passes, dz: &[f32], dp: &'a mut [f32]) -> &'a mut [f32] {
    let (dkernel, dbias) = dp.split_at_mut(conv.kernel_len());
    if !dbias.is_empty() {
        for dz in dz.chunks_exact(conv.output_len().max(1)) {
            add_column_sums(dbias, dz, &Pool::Serial);
        }
    }
    dkernel
}
