//! What the convolutions share: the passes over the samples of a batch.
//!
//! A sequence `(steps, channels)` is an image of height 1.

use crate::activations::{Act, Activation};
use crate::initializers::{Fans, Initializer};
use crate::kernels::cache::L1_FLOATS;
use crate::kernels::conv::Conv;
use crate::kernels::elementwise::{add_column_sums, axpy};
use crate::kernels::gemm::Epilogue;
use crate::kernels::prefetch::Prefetch;
use crate::pool::{GRAIN, Pool, for_samples};
use crate::rng::Rng;

/// The initial kernel and bias.
pub(super) fn init(
    conv: &Conv,
    (kernel, bias): (&mut [f32], &mut [f32]),
    [kernel_initializer, bias_initializer]: [Initializer; 2],
    rng: &mut Rng,
) {
    let window = conv.axes[0].taps * conv.axes[1].taps;
    let fans = Fans::conv(window, conv.channels / conv.groups.max(1), conv.filters);
    kernel_initializer.fill(kernel, fans, rng);
    bias_initializer.fill(bias, Fans::vector(bias.len()), rng);
}

/// Values of a sample's rows that are finished while they are in the first level cache.
const ROWS_FLOATS: usize = L1_FLOATS / 2;

/// Outputs that pay for a thread: each is a sum over a patch.
const OUTPUTS: usize = 16 * 1024;

/// Calls `f` for some rows of a sample at a time: sample, first row, values.
fn for_rows(
    pool: &Pool,
    data: &mut [f32],
    (rows, row): (usize, usize),
    f: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let some = (OUTPUTS / row.max(1)).clamp(1, rows.max(1));
    pool.for_each_chunk(data, rows * row, |sample, data| {
        pool.for_each_chunk(data, some * row, |i, data| f(sample, i * some, data));
    });
}

/// [`Activation::forward`]
type Finish = fn(&mut [f32], usize);

/// `y = activation(conv(x) + bias)`.
pub(super) fn forward<A: Activation>(
    conv: &Conv,
    x: &[f32],
    (kernel, bias): (&[f32], &[f32]),
    y: &mut [f32],
    pool: &Pool,
) {
    let relu = matches!(A::ACT, Some(Act::Relu));
    let finish: Option<Finish> = match A::ACT {
        Some(Act::Linear | Act::Relu) => None,
        _ => Some(A::forward),
    };
    forward_rows(conv, x, (kernel, bias), y, pool, (relu, finish));
}

/// Compiled once, for all activations.
fn forward_rows(
    conv: &Conv,
    x: &[f32],
    (kernel, bias): (&[f32], &[f32]),
    y: &mut [f32],
    pool: &Pool,
    (relu, finish): (bool, Option<Finish>),
) {
    let (len, row) = (conv.input_len(), conv.row_len().max(1));
    let epilogue = Epilogue {
        bias,
        relu,
        ..Epilogue::default()
    };
    for_rows(
        pool,
        y,
        (conv.axes[0].output, conv.row_len()),
        |sample, first, y| {
            let x = &x[sample * len..][..len];
            let Some(finish) = finish else {
                return conv.forward(x, kernel, y, first, epilogue);
            };
            let some = (ROWS_FLOATS / row).max(1);
            for (i, y) in y.chunks_mut(some * row).enumerate() {
                conv.forward(x, kernel, y, first + i * some, epilogue);
                finish(y, conv.filters);
            }
        },
    );
}

/// Rows `first..` of the output of one sample, as many as `y` has, with memory that is prefetched meanwhile.
pub(super) fn forward_part<A: Activation>(
    conv: &Conv,
    x: &[f32],
    (kernel, bias): (&[f32], &[f32]),
    (y, first): (&mut [f32], usize),
    prefetch: Prefetch<'_>,
) {
    let epilogue = Epilogue {
        bias,
        relu: matches!(A::ACT, Some(Act::Relu)),
        ..Epilogue::default()
    };
    conv.forward_prefetching(x, kernel, y, first, epilogue, prefetch);
    if !matches!(A::ACT, Some(Act::Linear | Act::Relu)) {
        A::forward(y, conv.filters);
    }
}

/// Samples whose gradients of the parameters are summed one after the other: a fixed number, so that the sum does not
/// depend on the number of threads.
const BATCH: usize = 4;

/// The scratch memory of [`backward`], in values a sample: the parameters for each [`BATCH`] that is begun, if it is not
/// the only one.
pub(super) const fn scratch(params: usize) -> usize {
    (2 * params).div_ceil(BATCH + 1)
}

/// What [`backward`] works on, flat.
pub(super) struct Pass<'a> {
    pub x: &'a [f32],
    /// The memory of the gradient before the activation, which `prepare` makes for a sample of what it finds there.
    pub dz: &'a mut [f32],
    pub prepare: &'a (dyn Fn(usize, &mut [f32]) + Sync),
    pub dx: Option<&'a mut [f32]>,
}

/// What [`backward`] may use.
pub(super) struct Means<'a> {
    /// Whether the gradients of the parameters are asked for.
    pub trains: bool,
    pub scratch: &'a mut [f32],
    pub pool: &'a Pool,
}

/// Batches of samples that are handed to the threads together.
const TASKS: usize = 16;

/// The gradients of the parameters, the kernel's in the first values of `dp`, and of the input.
pub(super) fn backward(
    conv: &Conv,
    kernel: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    means: Means<'_>,
) {
    let samples = pass.dz.len() / conv.output_len().max(1);
    if means.trains && samples > BATCH && samples.div_ceil(BATCH) >= means.pool.threads() {
        by_samples(conv, kernel, pass, dp, means);
    } else {
        by_passes(conv, kernel, pass, dp, means);
    }
}

/// All that is done with a sample's gradient while it is in the cache; batches of samples on different threads.
fn by_samples(
    conv: &Conv,
    kernel: &[f32],
    pass: Pass<'_>,
    dp: &mut [f32],
    Means { scratch, pool, .. }: Means<'_>,
) {
    let Pass { x, dz, dx, prepare } = pass;
    let (input, output) = (conv.input_len().max(1), conv.output_len().max(1));
    let params = dp.len().max(1);
    // The sums come from the scratch memory, so the flipped kernel may lie where they will go.
    let (flipped, _) = dp.split_at_mut(kernel.len());
    let with_dx = dx.is_some();
    if with_dx {
        conv.flip(kernel, flipped, pool);
    }
    let flipped = &*flipped;
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
            let mut dx = dx.chunks_exact_mut(input);
            for (i, dz) in dz.chunks_exact_mut(output).enumerate() {
                let x = &x[(*first + i) * input..][..input];
                prepare(*first + i, dz);
                add_gradients(conv, x, dz, sums, pool, false);
                if with_dx && let Some(dx) = dx.next() {
                    conv.backward(dz, flipped, dx, 0);
                }
            }
        });
    }
    add_sums(dp, sums, pool);
}

/// One thing after the other, for few samples, each split over the threads.
fn by_passes(conv: &Conv, kernel: &[f32], pass: Pass<'_>, dp: &mut [f32], means: Means<'_>) {
    let Means {
        scratch,
        trains,
        pool,
    } = means;
    let Pass { x, dz, dx, prepare } = pass;
    let (input, output) = (conv.input_len(), conv.output_len());
    for_samples(pool, dz, output, output, prepare);
    let dz = &*dz;
    if let Some(dx) = dx {
        // The flipped kernel is as large as its gradient, which comes afterwards.
        let (flipped, _) = dp.split_at_mut(kernel.len());
        conv.flip(kernel, flipped, pool);
        let [h, w] = conv.axes;
        let rows = (h.input, w.input * conv.channels);
        let flipped = &*flipped;
        for_rows(pool, dx, rows, |sample, first, dx| {
            conv.backward(&dz[sample * output..][..output], flipped, dx, first);
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
fn add_gradients(conv: &Conv, x: &[f32], dz: &[f32], dp: &mut [f32], pool: &Pool, split: bool) {
    let (dkernel, dbias) = dp.split_at_mut(conv.kernel_len());
    if !dbias.is_empty() {
        add_column_sums(dbias, dz, &Pool::Serial);
    }
    let line = dkernel.len() / conv.axes[0].taps.max(1);
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

/// Implements [`Layer`](crate::layer::Layer) for a convolution: its type, its samples, its sizes.
macro_rules! convolution {
    (
        $layer:ident<$($k:ident),+; $c:ident, $f:ident, $b:ident>, $params:ident,
        ($($i:ident),+) -> ($($o:ident),+), $ci:ident, $input:ty => $output:ty
    ) => {
        impl<
            $(const $k: usize,)+ const $c: usize, const $f: usize, const $b: usize, A,
            $(const $i: usize, const $o: usize,)+ const $ci: usize,
        > $crate::layer::Layer<$input, $output> for $layer<$($k,)+ $c, $f, $b, A>
        where
            A: $crate::activations::Activation,
        {
            type Params = $params<$($k,)+ $c, $f, $b>;
            type State = $crate::params::NoParams;
            const CACHE: usize = if A::KEEPS_INPUT {
                <$output as $crate::tensor::Tensor>::LEN
            } else {
                0
            };
            const READS_OUTPUT: $crate::layer::Reads = A::READS_OUTPUT;
            const SINGLY: $crate::layer::Singly = $crate::layer::Singly::Always;
            const PARTS: $crate::layer::Parts = match <$output as $crate::tensor::Tensor>::SHAPE {
                shape if shape.rank() == 3 => $crate::layer::Parts::Gives(shape.dim(0)),
                _ => $crate::layer::Parts::Never,
            };
            /// Its gradient takes the place of the output, of which the activation needs only what the pooling sees.
            const UNPOOLS: bool = matches!(
                A::ACT,
                Some($crate::activations::Act::Relu | $crate::activations::Act::Linear),
            );
            /// Each output is a sum over the window and the channels of its group.
            const MACS: usize = <$output as $crate::tensor::Tensor>::LEN
                .saturating_mul(1 $(* $k)+)
                .saturating_mul($c);
            const SCRATCH: usize = $crate::layers::conv::scratch(Self::Params::LEN);

            fn init(
                &self,
                p: &mut Self::Params,
                _: &mut Self::State,
                rng: &mut $crate::rng::Rng,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s_mut().split_at_mut(conv.kernel_len());
                let initializers = [self.kernel_initializer, self.bias_initializer];
                $crate::layers::conv::init(&conv, arrays, initializers, rng);
            }

            fn infer(
                &self,
                p: &Self::Params,
                _: &Self::State,
                x: &[$input],
                y: &mut [$output],
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s().split_at(conv.kernel_len());
                let (x, y) = (<$input>::flat(x), <$output>::flat_mut(y));
                $crate::layers::conv::forward::<A>(&conv, x, arrays, y, cx.pool);
            }

            fn infer_part(
                &self,
                p: &Self::Params,
                x: &[$input],
                y: &mut [$output],
                rows: core::ops::Range<usize>,
                cx: &mut $crate::layer::Ctx<'_>,
            ) -> core::ops::Range<usize> {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s().split_at(conv.kernel_len());
                let row = conv.row_len();
                let part = rows.start * row..rows.end * row;
                let (x, y) = (<$input>::flat(x), &mut <$output>::flat_mut(y)[part.clone()]);
                let to = (y, rows.start);
                $crate::layers::conv::forward_part::<A>(&conv, x, arrays, to, cx.prefetch);
                part
            }

            fn forward(
                &self,
                p: &Self::Params,
                s: &mut Self::State,
                x: &[$input],
                y: &mut [$output],
                cache: &mut [f32],
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                if !A::KEEPS_INPUT {
                    return self.infer(p, s, x, y, cx);
                }
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let arrays = p.as_f32s().split_at(conv.kernel_len());
                $crate::layers::conv::forward::<$crate::activations::Linear>(
                    &conv, <$input>::flat(x), arrays, cache, cx.pool,
                );
                let y = <$output>::flat_mut(y);
                y.copy_from_slice(cache);
                $crate::layers::activate::activate(y, A::forward, $f, cx.pool);
            }

            fn backward(
                &self,
                p: &Self::Params,
                pass: $crate::layer::Backward<'_, $input, $output>,
                dp: &mut Self::Params,
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let (kernel, _) = p.as_f32s().split_at(conv.kernel_len());
                let (y, cache, width) = (<$output>::flat(pass.y), pass.cache, $f);
                let pass = $crate::layers::conv::Pass {
                    x: <$input>::flat(pass.x),
                    dz: <$output>::flat_mut(pass.dy),
                    prepare: &|i, dz: &mut [f32]| {
                        let some = i * dz.len()..(i + 1) * dz.len();
                        let x = cache.get(some.clone()).unwrap_or_default();
                        A::backward(&y[some], x, dz, width);
                    },
                    dx: pass.dx.map(<$input>::flat_mut),
                };
                let means = $crate::layers::conv::Means {
                    trains: cx.trains(),
                    scratch: cx.scratch,
                    pool: cx.pool,
                };
                $crate::layers::conv::backward(&conv, kernel, pass, dp.as_f32s_mut(), means);
            }

            fn backward_pooled(
                &self,
                p: &Self::Params,
                pass: $crate::layer::BackwardPooled<'_, $input, $output>,
                dp: &mut Self::Params,
                cx: &mut $crate::layer::Ctx<'_>,
            ) {
                let conv = self.conv(<$input>::SHAPE, <$output>::SHAPE);
                let (kernel, _) = p.as_f32s().split_at(conv.kernel_len());
                let relu = matches!(A::ACT, Some($crate::activations::Act::Relu));
                let (dy, windows) = (pass.dy, pass.windows);
                let pass = $crate::layers::conv::Pass {
                    x: <$input>::flat(pass.x),
                    dz: <$output>::flat_mut(pass.y),
                    prepare: &|i, image: &mut [f32]| {
                        let len = windows.output_len();
                        windows.max_back_in_place(image, &dy[i * len..][..len], relu);
                    },
                    dx: pass.dx.map(<$input>::flat_mut),
                };
                let means = $crate::layers::conv::Means {
                    trains: cx.trains(),
                    scratch: cx.scratch,
                    pool: cx.pool,
                };
                $crate::layers::conv::backward(&conv, kernel, pass, dp.as_f32s_mut(), means);
            }
        }
    };
}
pub(super) use convolution;
