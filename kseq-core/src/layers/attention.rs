//! Scaled dot-product attention of sequences on themselves, in some heads: sizes at run time, compiled once.

use super::dropout::Dropout;
use crate::activations::{Activation, Softmax};
use crate::base::part::copy;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::gemm::{Epilogue, Mat, gemm, gemm_with_epilogue};
use crate::layer::Ctx;
use crate::math;

/// The sizes, and what is left out of the sums.
#[derive(Clone, Copy)]
pub(super) struct Attention {
    pub steps: usize,
    pub features: usize,
    pub heads: usize,
    /// Of a query and a key of a head.
    pub key: usize,
    /// Of a value of a head.
    pub value: usize,
    pub outputs: usize,
    pub bias: bool,
    /// Whether a step looks only at itself and those before.
    pub causal: bool,
    pub rate: f32,
}

/// A kernel and its bias: one after the other among the parameters.
struct Projection<'a> {
    kernel: &'a [f32],
    bias: &'a [f32],
}

/// What one projection makes of rows with so many features.
#[derive(Clone, Copy)]
struct Sizes {
    from: usize,
    to: usize,
}

/// The memory of a pass, for all samples: queries, keys, values, the weights of the sums, those after the dropout, what the heads give.
struct Parts<'a> {
    query: &'a mut [f32],
    key: &'a mut [f32],
    value: &'a mut [f32],
    weights: &'a mut [f32],
    dropped: &'a mut [f32],
    given: &'a mut [f32],
}

impl Attention {
    /// The projections: queries, keys, values, outputs.
    const fn projections(&self) -> [Sizes; 4] {
        let (from, keys, values) = (
            self.features,
            self.heads * self.key,
            self.heads * self.value,
        );
        [
            Sizes { from, to: keys },
            Sizes { from, to: keys },
            Sizes { from, to: values },
            Sizes {
                from: values,
                to: self.outputs,
            },
        ]
    }

    /// The `f32`s of a pass for each sample.
    pub(super) const fn memory(&self, drops: bool) -> usize {
        let Attention {
            steps,
            heads,
            key,
            value,
            ..
        } = *self;
        let weights = heads * steps * steps;
        let weights = if drops { 2 * weights } else { weights };
        2 * steps * heads * (key + value) + weights
    }

    /// The multiply-accumulates of a sample: with parameters, as everywhere.
    pub(super) const fn macs(&self) -> usize {
        let [query, key, value, output] = self.projections();
        let products = query.from * query.to
            + key.from * key.to
            + value.from * value.to
            + output.from * output.to;
        products.saturating_mul(self.steps)
    }

    fn projection<'a>(&self, p: &'a [f32], which: usize) -> Projection<'a> {
        let mut rest = p;
        for (i, Sizes { from, to }) in self.projections().into_iter().enumerate() {
            let bias = if self.bias { to } else { 0 };
            let (kernel, after) = rest.split_at_checked(from * to).unwrap_or_default();
            let (bias, after) = after.split_at_checked(bias).unwrap_or_default();
            if i == which {
                return Projection { kernel, bias };
            }
            rest = after;
        }
        Projection {
            kernel: &[],
            bias: &[],
        }
    }

    /// Where the gradient of a projection's kernel begins.
    fn first(&self, which: usize) -> usize {
        let before = self.projections().into_iter().take(which);
        before
            .map(|Sizes { from, to }| from * to + if self.bias { to } else { 0 })
            .sum()
    }

    fn parts<'a>(&self, memory: &'a mut [f32], samples: usize) -> Parts<'a> {
        let rows = samples * self.steps;
        let (keys, values) = (rows * self.heads * self.key, rows * self.heads * self.value);
        let weights = rows * self.heads * self.steps;
        let dropped = if self.rate > 0.0 { weights } else { 0 };
        let mut rest = memory;
        let mut next = |len: usize| {
            let all = core::mem::take(&mut rest);
            let (part, after) = all.split_at_mut_checked(len).unwrap_or_default();
            rest = after;
            part
        };
        Parts {
            query: next(keys),
            key: next(keys),
            value: next(values),
            given: next(values),
            weights: next(weights),
            dropped: next(dropped),
        }
    }

    fn project(&self, p: &[f32], which: usize, x: &[f32], y: &mut [f32], cx: &Ctx<'_>) {
        let Projection { kernel, bias } = self.projection(p, which);
        let Sizes { from, to } = self.projections()[which];
        let epilogue = Epilogue {
            bias,
            ..Epilogue::default()
        };
        let (rows, x, kernel) = (
            y.len() / to.max(1),
            Mat::rows(x, from),
            Mat::rows(kernel, to),
        );
        gemm_with_epilogue(rows, to, from, x, kernel, y, to, epilogue, cx.pool);
    }

    /// The rows of a head of one sample: `size` of the `heads * size` features.
    fn head<'a>(&self, all: &'a [f32], (sample, head): (usize, usize), size: usize) -> Mat<'a> {
        let row = self.heads * size;
        let data = all.get(sample * self.steps * row + head * size..);
        Mat::rows(data.unwrap_or_default(), row)
    }

    /// The same, to be written: where it begins.
    fn at(&self, (sample, head): (usize, usize), size: usize) -> usize {
        sample * self.steps * self.heads * size + head * size
    }

    fn each_head(&self, samples: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let heads = self.heads;
        (0..samples).flat_map(move |sample| (0..heads).map(move |head| (sample, head)))
    }

    /// The output; `memory` has [`Attention::memory`] values for each sample and is what `backward` reads.
    pub(super) fn forward(
        &self,
        p: &[f32],
        x: &[f32],
        y: &mut [f32],
        memory: &mut [f32],
        training: bool,
        cx: &Ctx<'_>,
    ) {
        let (t, key, value) = (self.steps, self.key, self.value);
        let samples = x.len() / (t * self.features).max(1);
        let tokens = cx.mask(samples * t);
        let Parts {
            query: q,
            key: k,
            value: v,
            weights,
            dropped,
            given,
        } = self.parts(memory, samples);
        self.project(p, 0, x, q, cx);
        self.project(p, 1, x, k, cx);
        self.project(p, 2, x, v, cx);
        let scale = 1.0 / math::sqrt(key as f32);
        let each = t * t;
        for ((sample, head), weights) in self.each_head(samples).zip(weights.chunks_mut(each)) {
            let at = (sample, head);
            let (q, k) = (self.head(q, at, key), self.head(k, at, key).t());
            gemm(t, t, key, q, k, weights, t, false, cx.pool);
            let tokens = tokens.and_then(|tokens| tokens.get(sample * t..(sample + 1) * t));
            for (step, row) in weights.chunks_mut(t).enumerate() {
                masked(row, step, scale, self.causal, tokens);
            }
            Softmax::forward(weights, t);
            // With a dropout Keras computes with weights of its own, of which those left out are 0 also where all are.
            let masked = tokens.filter(|_| self.rate > 0.0).unwrap_or_default();
            for (row, _) in weights
                .chunks_mut(t)
                .zip(masked)
                .filter(|(_, token)| **token == 0)
            {
                row.fill(0.0);
            }
        }
        let drops = self.rate > 0.0 && training;
        if drops {
            copy(dropped, weights);
            Dropout::new(self.rate).mask(dropped, cx);
        }
        let weights = if drops { dropped } else { weights };
        for (at, weights) in self.each_head(samples).zip(weights.chunks(each)) {
            let (v, first, row) = (
                self.head(v, at, value),
                self.at(at, value),
                self.heads * value,
            );
            let given = given.get_mut(first..).unwrap_or_default();
            gemm(
                t,
                value,
                t,
                Mat::rows(weights, t),
                v,
                given,
                row,
                false,
                cx.pool,
            );
        }
        self.project(p, 3, given, y, cx);
    }

    /// The gradients; `memory` is what `forward` has left, `scratch` as large without a dropout.
    #[expect(clippy::too_many_arguments, reason = "those of a backward pass")]
    pub(super) fn backward(
        &self,
        p: &[f32],
        x: &[f32],
        memory: &[f32],
        dy: &[f32],
        dx: Option<&mut [f32]>,
        dp: &mut [f32],
        scratch: &mut [f32],
        cx: &Ctx<'_>,
    ) {
        let (t, key, value) = (self.steps, self.key, self.value);
        let samples = x.len() / (t * self.features).max(1);
        let tokens = cx.mask(samples * t);
        let saved = self.saved(memory, samples);
        let without = Attention { rate: 0.0, ..*self };
        let Parts {
            query: dq,
            key: dk,
            value: dv,
            weights: dweights,
            given: dgiven,
            ..
        } = without.parts(scratch, samples);
        self.back_project(p, 3, saved.given, dy, Some((&mut *dgiven, false)), dp, cx);
        let drops = self.rate > 0.0 && cx.training;
        let used = if drops { saved.dropped } else { saved.weights };
        let (each, row) = (t * t, self.heads * value);
        let heads = || self.each_head(samples);
        for ((at, used), dweights) in heads()
            .zip(used.chunks(each))
            .zip(dweights.chunks_mut(each))
        {
            let dgiven = self.head(dgiven, at, value);
            let v = self.head(saved.value, at, value).t();
            gemm(t, t, value, dgiven, v, dweights, t, false, cx.pool);
            let dv = dv.get_mut(self.at(at, value)..).unwrap_or_default();
            let used = Mat::rows(used, t).t();
            gemm(t, value, t, used, dgiven, dv, row, false, cx.pool);
        }
        if drops {
            Dropout::new(self.rate).mask(dweights, cx);
        }
        let (scale, row) = (1.0 / math::sqrt(key as f32), self.heads * key);
        let weights = saved.weights.chunks(each);
        for ((at, weights), dweights) in heads().zip(weights).zip(dweights.chunks_mut(each)) {
            let tokens = tokens.and_then(|tokens| tokens.get(at.0 * t..(at.0 + 1) * t));
            for (step, (row, drow)) in weights.chunks(t).zip(dweights.chunks_mut(t)).enumerate() {
                match tokens.and_then(|tokens| tokens.get(step)) {
                    // Its sums are of all steps alike, whatever they hold; or of none.
                    Some(0) => drow.fill(0.0),
                    _ => back_softmax(row, drow, scale),
                }
            }
            let (q, k) = (
                self.head(saved.query, at, key),
                self.head(saved.key, at, key),
            );
            let (dweights, first) = (Mat::rows(dweights, t), self.at(at, key));
            let dq = dq.get_mut(first..).unwrap_or_default();
            gemm(t, key, t, dweights, k, dq, row, false, cx.pool);
            let dk = dk.get_mut(first..).unwrap_or_default();
            gemm(t, key, t, dweights.t(), q, dk, row, false, cx.pool);
        }
        let mut dx = dx;
        for (which, dz) in [dq, dk, dv].into_iter().enumerate() {
            let to = dx.as_deref_mut().map(|dx| (dx, which > 0));
            self.back_project(p, which, x, dz, to, dp, cx);
        }
    }

    /// From the gradient `dz` of what a projection gives those of its parameters and of its rows, which may be added.
    #[expect(clippy::too_many_arguments, reason = "those of a backward pass")]
    fn back_project(
        &self,
        p: &[f32],
        which: usize,
        x: &[f32],
        dz: &[f32],
        dx: Option<(&mut [f32], bool)>,
        dp: &mut [f32],
        cx: &Ctx<'_>,
    ) {
        let Sizes { from, to } = self.projections()[which];
        let rows = dz.len() / to.max(1);
        if cx.trains() {
            let own = dp.get_mut(self.first(which)..).unwrap_or_default();
            let (kernel, bias) = own.split_at_mut_checked(from * to).unwrap_or_default();
            let xt = Mat::rows(x, from).t();
            gemm(
                from,
                to,
                rows,
                xt,
                Mat::rows(dz, to),
                kernel,
                to,
                false,
                cx.pool,
            );
            if let (true, Some(bias)) = (self.bias, bias.get_mut(..to)) {
                bias.fill(0.0);
                add_column_sums(bias, dz, cx.pool);
            }
        }
        if let Some((dx, accumulate)) = dx {
            let kernel = Mat::rows(self.projection(p, which).kernel, to).t();
            gemm(
                rows,
                from,
                to,
                Mat::rows(dz, to),
                kernel,
                dx,
                from,
                accumulate,
                cx.pool,
            );
        }
    }

    fn saved<'a>(&self, memory: &'a [f32], samples: usize) -> Saved<'a> {
        let rows = samples * self.steps;
        let (keys, values) = (rows * self.heads * self.key, rows * self.heads * self.value);
        let weights = rows * self.heads * self.steps;
        let mut rest = memory;
        let mut next = |len: usize| {
            let (part, after) = rest.split_at_checked(len).unwrap_or_default();
            rest = after;
            part
        };
        Saved {
            query: next(keys),
            key: next(keys),
            value: next(values),
            given: next(values),
            weights: next(weights),
            dropped: rest,
        }
    }
}

/// What a forward pass has left.
struct Saved<'a> {
    query: &'a [f32],
    key: &'a [f32],
    value: &'a [f32],
    weights: &'a [f32],
    dropped: &'a [f32],
    given: &'a [f32],
}

/// What is left out of a sum, as Keras has it: its weight is 0, unless all are left out.
const LEFT_OUT: f32 = -0.7 * f32::MAX;

/// The scores of a step, scaled, without those that it does not look at.
fn masked(row: &mut [f32], step: usize, scale: f32, causal: bool, tokens: Option<&[u32]>) {
    row.iter_mut().for_each(|score| *score *= scale);
    if causal && let Some(later) = row.get_mut(step + 1..) {
        later.fill(LEFT_OUT);
    }
    let Some(tokens) = tokens else {
        return;
    };
    if tokens.get(step) == Some(&0) {
        return row.fill(LEFT_OUT);
    }
    let all = row.iter_mut().zip(tokens);
    all.filter(|(_, token)| **token == 0)
        .for_each(|(score, _)| *score = LEFT_OUT);
}

simd_fn! {
    /// The gradient of the scores of a step from that of their softmax, in its place.
    fn back_softmax(y: &[f32], dy: &mut [f32], scale: f32) {
        let mut sum = 0.0;
        for (y, dy) in y.iter().zip(&*dy) {
            sum += y * dy;
        }
        for (dy, y) in dy.iter_mut().zip(y) {
            *dy = scale * y * (*dy - sum);
        }
    }
}
