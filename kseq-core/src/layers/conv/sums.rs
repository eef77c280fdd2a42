//! The sums of a convolution on a host, some rows of a sample at a time. Compiled once, for all activations.

use super::passes::Passes;
use crate::activations::{Act, Activation};
use crate::kernels::cache::L1_FLOATS;
use crate::kernels::gemm::{Epilogue, Then};
use crate::pool::Pool;

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

/// Calls `f` for some rows of a sample at a time, at least so many: sample, first row, values.
pub(super) fn for_rows(
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
    let (conv, least): (&dyn Passes, usize) = match &all {
        Some(all) => (all, PIXELS),
        None => (conv, 1),
    };
    let (len, [_, row]) = (conv.input_len(), conv.output_rows());
    let row = row.max(1);
    let epilogue = Epilogue {
        bias,
        relu: finish.relu,
        then: finish.then,
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
