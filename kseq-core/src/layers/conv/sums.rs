//! The sums of a convolution on a host, some rows of a sample at a time. Compiled once, for all activations.

use super::passes::Passes;
use crate::activations::{Act, Activation};
use crate::kernels::cache::L1_FLOATS;
use crate::kernels::conv::Conv;
use crate::kernels::gemm::{Epilogue, Mat, Then, gemm_with_epilogue};
use crate::layers::activate::activate;
use crate::pool::{Pool, alone_below};

/// Values of a sample's rows that are finished while they are in the first level cache.
const ROWS_FLOATS: usize = L1_FLOATS / 2;

/// Outputs that pay for a thread: each is a sum over a patch.
const OUTPUTS: usize = 16 * 1024;

/// So many pixels a convolution of single ones takes at once: for fewer its kernel would be read too often.
pub(super) const PIXELS: usize = 512;

/// What is done with rows of sums, by the kernel or behind it.
#[derive(Clone, Copy, Default)]
pub(in crate::layers) struct Finish<'a> {
    pub(super) relu: bool,
    /// [`Activation::forward`]
    pub(super) activation: Option<fn(&mut [f32], usize)>,
    /// Only without such an activation.
    pub(super) then: Then<'a>,
}

impl Finish<'_> {
    #[cfg_attr(not(feature = "std"), inline(always))]
    pub(in crate::layers) fn of<A: Activation>() -> Self {
        Finish {
            relu: matches!(A::ACT, Some(Act::Relu)),
            activation: match A::ACT {
                Some(Act::Linear | Act::Relu) => None,
                _ => Some(A::forward),
            },
            then: Then::default(),
        }
    }
}

/// Calls `f` for some rows of a sample at a time, at least so many: sample, first row, values. There are `rows` of `row` values, and a
/// sample costs so many [`macs`].
pub(super) fn for_rows(
    pool: &Pool,
    data: &mut [f32],
    ([rows, row], macs): ([usize; 2], usize),
    least: usize,
    f: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let samples = data.len() / (rows * row).max(1);
    let threads = pool.threads();
    let some = match threads > 1 && samples < 2 * threads && least == 1 {
        true => shared_rows(threads, samples, rows, macs),
        false => (OUTPUTS / row.max(1)).max(least).clamp(1, rows.max(1)),
    };
    pool.for_each_chunk(data, rows * row, |sample, data| {
        pool.for_each_chunk(data, some * row, |i, data| f(sample, i * some, data));
    });
}

/// What the smallest part of a sample costs, see [`macs`]: some 5 us, or less in Winograd's form.
const TASK_MACS: usize = alone_below(1 << 18);

/// How many rows of a sample are a task where there are fewer samples than two for each thread; a sample costs so many
/// multiply-accumulates, see [`macs`].
pub(super) fn shared_rows(threads: usize, samples: usize, rows: usize, macs: usize) -> usize {
    let parts = (2 * threads).div_ceil(samples.max(1)).min(macs / TASK_MACS);
    rows.div_ceil(parts.max(1)).max(1)
}

/// The rows of sums on a host, of the output of some samples; the kernel may lie elsewhere than the bias.
pub(in crate::layers) fn rows(
    conv: &dyn Passes,
    (kernel, bias): (&[f32], &[f32]),
    x: &[f32],
    y: &mut [f32],
    finish: Finish<'_>,
    pool: &Pool,
) {
    // A convolution of single pixels goes over those of all samples as of one.
    let all = conv.pixels(y.len() / conv.output_len().max(1));
    let epilogue = Epilogue {
        bias,
        relu: finish.relu,
        then: finish.then,
        ..Epilogue::default()
    };
    if let Some(all) = &all
        && is_shared(all, pool)
    {
        let (m, n, k) = (all.axes[0].output, all.filters, all.channels);
        let (a, b) = (Mat::rows(x, k), Mat::rows(kernel, n));
        gemm_with_epilogue(m, n, k, a, b, y, n, epilogue, pool);
        if let Some(activation) = finish.activation {
            activate(y, activation, n, pool);
        }
        return;
    }
    let (conv, least): (&dyn Passes, usize) = match &all {
        Some(all) => (all, PIXELS),
        None => (conv, 1),
    };
    let (len, [_, row]) = (conv.input_len(), conv.output_rows());
    let row = row.max(1);
    let work = (conv.output_rows(), macs(conv));
    for_rows(pool, y, work, least, |sample, first, y| {
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

/// Whether so few pixels are left for each thread that they share the columns of the kernel as well.
fn is_shared(all: &Conv, pool: &Pool) -> bool {
    let threads = pool.threads();
    threads > 1 && all.axes[0].output < 2 * threads * PIXELS
}

/// What a sample costs, forwards or backwards, in multiply-accumulates: to load and to store an output takes as long as some of them.
pub(super) fn macs(conv: &dyn Passes) -> usize {
    let patch = conv.kernel_len() / conv.filters().max(1);
    conv.output_len().saturating_mul(patch + 16)
}
