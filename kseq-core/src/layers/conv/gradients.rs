//! The gradients of a convolution on a host, from those of its sums: of the parameters and of the input. Compiled once, for all
//! activations.

use super::passes::Passes;
use super::sums::{PIXELS, for_rows, macs};
use crate::kernels::dispatch::DEVICE;
use crate::kernels::elementwise::{add_column_sums, axpy};
use crate::layer::Ctx;
use crate::pool::{GRAIN, Pool, for_samples};

/// Samples whose gradients of the parameters are summed one after the other: a fixed number, so that the sum does not
/// depend on the number of threads.
const BATCH: usize = 4;

/// The scratch memory of [`backward`], in values a sample: the parameters for each [`BATCH`] that is begun, if it is not
/// the only one.
///
/// A microcontroller needs none: it goes sample by sample.
pub(in crate::layers) const fn scratch(params: usize) -> usize {
    if DEVICE {
        return 0;
    }
    (2 * params).div_ceil(BATCH + 1)
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

    fn again(&mut self) -> Workspace<'_> {
        Workspace {
            scratch: &mut *self.scratch,
            ..*self
        }
    }

    /// Whether there are samples enough for each thread to take some of its own.
    fn takes_samples(&self, conv: &dyn Passes, pass: &Pass<'_>) -> bool {
        let samples = pass.dz.len() / conv.output_len().max(1);
        self.trains && samples > BATCH && samples.div_ceil(BATCH) >= self.pool.threads()
    }
}

/// A convolution whose output is the input of the one behind it: what is between them is made and used sample by sample.
pub(in crate::layers) struct Front<'a> {
    pub conv: &'a dyn Passes,
    pub x: &'a [f32],
    /// Memory for the gradient of its output.
    pub dz: &'a mut [f32],
    pub dx: Option<&'a mut [f32]>,
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
    if work.takes_samples(conv, &pass) {
        by_samples(None, conv, p, pass, dp, work);
    } else {
        by_passes(conv, kernel, pass, dp, work);
    }
}

/// The same for two convolutions, of which `front` is the first, and its kernel the first of the parameters.
pub(super) fn back_both(
    front: Front<'_>,
    conv: &dyn Passes,
    p: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    mut work: Workspace<'_>,
) {
    if work.takes_samples(conv, &pass) {
        return by_samples(Some(front), conv, p, pass, dp, work);
    }
    let (first, rest) = p.split_at(front.conv.kernel_len());
    let (dfirst, drest) = dp.split_at_mut(first.len());
    let (kernel, _) = rest.split_at(conv.kernel_len());
    let pass = Pass {
        dx: Some(&mut *front.dz),
        ..pass
    };
    by_passes(conv, kernel, pass, drest, work.again());
    let pass = Pass {
        x: front.x,
        dz: front.dz,
        prepare: &|_, _| {},
        dx: front.dx,
    };
    by_passes(front.conv, first, pass, dfirst, work);
}

/// All that is done with a sample's gradient while it is in the cache; batches of samples on different threads.
fn by_samples(
    front: Option<Front<'_>>,
    conv: &dyn Passes,
    p: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    Workspace { scratch, pool, .. }: Workspace<'_>,
) {
    let Pass { x, dz, dx, prepare } = pass;
    let (params, len) = (dp.len().max(1), conv.output_len().max(1));
    let batches = (dz.len() / len).div_ceil(BATCH);
    // The sums come from the scratch memory, so the flipped kernels may lie where they will go.
    let before = front.as_ref().map_or(0, |front| front.conv.kernel_len());
    let ((first_kernel, p), (first_flipped, flipped)) =
        (p.split_at(before), dp.split_at_mut(before));
    let (kernel, _) = p.split_at(conv.kernel_len());
    let (flipped, _) = flipped.split_at_mut(kernel.len());
    let link = Link {
        conv,
        x,
        turned: match dx.is_some() || front.is_some() {
            true => conv.turned(kernel, flipped, pool),
            false => &[],
        },
    };
    let (mut inputs, mut between) = (dx.unwrap_or_default(), &mut [][..]);
    let (mut input, mut middle) = (conv.input_len(), 1);
    let first = front.map(|front| {
        (inputs, between) = (front.dx.unwrap_or_default(), front.dz);
        (input, middle) = (front.conv.input_len(), front.conv.output_len());
        Link {
            conv: front.conv,
            x: front.x,
            turned: match inputs.is_empty() {
                true => &[],
                false => front.conv.turned(first_kernel, first_flipped, pool),
            },
        }
    });
    let sums = &mut scratch[..batches * params];
    let mut inputs = inputs.chunks_mut(BATCH * input.max(1));
    let mut between = between.chunks_mut(BATCH * middle.max(1));
    let mut parts = dz
        .chunks_mut(BATCH * len)
        .zip(sums.chunks_exact_mut(params));
    let mut begin = 0;
    loop {
        let mut tasks = [const { None }; TASKS];
        let mut count = 0;
        while count < TASKS
            && let Some((dz, sums)) = parts.next()
        {
            let dx = inputs.next().unwrap_or_default();
            tasks[count] = Some((begin, dz, sums, between.next().unwrap_or_default(), dx));
            begin += BATCH;
            count += 1;
        }
        if count == 0 {
            break;
        }
        pool.for_each_chunk(&mut tasks[..count], 1, |_, task| {
            let [Some((begin, dz, sums, between, dx))] = task else {
                return;
            };
            sums.fill(0.0);
            let Some(first) = &first else {
                return link.add(*begin, dz, prepare, sums, dx);
            };
            let (first_sums, sums) = sums.split_at_mut(before);
            link.add(*begin, dz, prepare, sums, between);
            first.add(*begin, between, &|_, _| {}, first_sums, dx);
        });
    }
    add_sums(dp, sums, pool);
}

/// A convolution on the way back.
struct Link<'a> {
    conv: &'a dyn Passes,
    x: &'a [f32],
    /// The kernel for [`Passes::backward`], if there is a gradient of the input.
    turned: &'a [f32],
}

impl Link<'_> {
    /// Adds the gradients of the parameters of some samples, the first of which is number `begin`, and writes that of the input, which is
    /// empty if nobody asks.
    fn add(
        &self,
        begin: usize,
        dz: &mut [f32],
        prepare: &dyn Fn(usize, &mut [f32]),
        sums: &mut [f32],
        dx: &mut [f32],
    ) {
        let (input, output) = (self.conv.input_len(), self.conv.output_len().max(1));
        let some = at_once(self.conv);
        let mut dx = dx.chunks_mut((some * input).max(1));
        for (i, dz) in dz.chunks_mut(some * output).enumerate() {
            let first = begin + i * some;
            let samples = dz.chunks_exact_mut(output).enumerate();
            samples.for_each(|(i, dz)| prepare(first + i, dz));
            let count = dz.len() / output;
            let x = &self.x[first * input..][..count * input];
            let all = self.conv.pixels(count);
            let conv: &dyn Passes = match &all {
                Some(all) => all,
                None => self.conv,
            };
            let dkernel = add_bias_gradient(self.conv, dz, sums);
            conv.add_kernel_gradient(x, dz, dkernel, 0);
            if let Some(dx) = dx.next() {
                conv.backward(dz, self.turned, dx, 0);
            }
        }
    }
}

/// Samples whose gradients are computed together, as if they were one: of single pixels so many that their products are large enough.
fn at_once(conv: &dyn Passes) -> usize {
    match conv.pixels(1) {
        Some(one) => PIXELS.div_ceil(one.axes[0].output.max(1)),
        None => 1,
    }
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
        let work = (conv.input_rows(), macs(conv));
        for_rows(pool, dx, work, least, |sample, first, dx| {
            conv.backward(&dz[sample * output..][..output], turned, dx, first);
        });
    }
    if !trains {
        return;
    }
    let samples = dz.len() / output.max(1);
    if samples <= BATCH {
        dp.fill(0.0);
        return add_gradients(conv, x, dz, dp, pool);
    }
    let params = dp.len().max(1);
    let sums = &mut scratch[..samples.div_ceil(BATCH) * params];
    pool.for_each_chunk(sums, params, |i, sums| {
        sums.fill(0.0);
        let some = i * BATCH..samples.min((i + 1) * BATCH);
        let x = &x[some.start * input..some.end * input];
        let dz = &dz[some.start * output..some.end * output];
        add_gradients(conv, x, dz, sums, pool);
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

/// Adds the gradients of kernel and bias, summed over all samples in their order, over threads by lines.
fn add_gradients(conv: &dyn Passes, x: &[f32], dz: &[f32], dp: &mut [f32], pool: &Pool) {
    let dkernel = add_bias_gradient(conv, dz, dp);
    let line = dkernel.len() / conv.lines().max(1);
    // As many at a time as `Link::add` takes, so that each sum is taken in the same order there.
    let (some, input, output) = (at_once(conv), conv.input_len(), conv.output_len().max(1));
    let add = |first: usize, dkernel: &mut [f32]| {
        let x = x.chunks((some * input).max(1));
        for (x, dz) in x.zip(dz.chunks(some * output)) {
            match conv.pixels(dz.len() / output) {
                Some(all) => all.add_kernel_gradient(x, dz, dkernel, first),
                None => conv.add_kernel_gradient(x, dz, dkernel, first),
            }
        }
    };
    if pool.threads() == 1 {
        return add(0, dkernel);
    }
    pool.for_each_chunk(dkernel, line, add);
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
