//! The gradients of a convolution on a host, from those of its sums: of the parameters and of the input. Compiled once, for all
//! activations.

use super::passes::Passes;
use super::sums::{PIXELS, for_rows};
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
