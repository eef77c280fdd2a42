//! Scaled dot-product attention of samples on themselves, in some heads: sizes at run time, compiled once.

mod memory;
mod parts;

use super::dropout::Dropout;
use crate::activations::{Activation, Sigmoid, Softmax};
use crate::base::part::copy;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::add_column_sums;
use crate::kernels::gemm::{Epilogue, Mat, gemm, gemm_with_epilogue};
use crate::layer::Ctx;
use crate::math;
use parts::{Group, Parts, Projection, Sizes};

/// The sizes, and what is left out of the sums.
#[derive(Clone, Copy)]
pub(super) struct Attention {
    /// Places before, on, and behind the axes whose places look at each other.
    pub outer: usize,
    pub steps: usize,
    pub inner: usize,
    pub features: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values, each of which as many heads of queries share.
    pub key_heads: usize,
    /// Of a query and a key of a head.
    pub key: usize,
    /// Of a value of a head.
    pub value: usize,
    pub outputs: usize,
    pub bias: bool,
    /// Whether what the heads give is multiplied by a sigmoid of the input.
    pub gate: bool,
    /// Whether a step looks only at itself and those before.
    pub causal: bool,
    /// Whether a step looks only at those that are fewer steps away.
    pub window: Option<usize>,
    /// Whether samples are a sequence: one axis of steps, and the features. Without a dropout Keras has a function of its own for
    /// these, in which the weights of a masked step are all alike.
    pub sequence: bool,
    pub rate: f32,
    pub seed: Option<u64>,
}

/// The projections, in the order of their parameters.
const QUERY: usize = 0;
const KEY: usize = 1;
const GATE: usize = 2;
const VALUE: usize = 3;
const OUTPUT: usize = 4;

impl Attention {
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

    /// The scores of a step, scaled, without those that it does not look at.
    fn scores(&self, row: &mut [f32], step: usize, tokens: Option<&[u32]>, group: Group) {
        let scale = 1.0 / math::sqrt(self.key as f32);
        row.iter_mut().for_each(|score| *score *= scale);
        if self.causal
            && let Some(later) = row.get_mut(step + 1..)
        {
            later.fill(LEFT_OUT);
        }
        if let Some(window) = self.window {
            let scores = row.iter_mut().enumerate();
            scores
                .filter(|(other, _)| other.abs_diff(step) >= window)
                .for_each(|(_, score)| *score = LEFT_OUT);
        }
        if tokens.is_none() {
            return;
        }
        if self.is_masked(tokens, group, step) {
            return row.fill(LEFT_OUT);
        }
        let scores = row.iter_mut().enumerate();
        scores
            .filter(|(other, _)| self.is_masked(tokens, group, *other))
            .for_each(|(_, score)| *score = LEFT_OUT);
    }

    const fn dropout(&self) -> Dropout {
        match self.seed {
            Some(seed) => Dropout::new(self.rate).seed(seed),
            None => Dropout::new(self.rate),
        }
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
        let Attention {
            steps: t,
            heads,
            key_heads,
            key,
            value,
            ..
        } = *self;
        let samples = x.len() / (self.rows() * self.features).max(1);
        let tokens = cx.mask(samples * self.rows());
        let Parts {
            query,
            key: keys,
            value: values,
            given,
            gate,
            gated,
            weights,
            dropped,
        } = self.parts(memory, samples);
        self.project(p, QUERY, x, query, cx);
        self.project(p, KEY, x, keys, cx);
        self.project(p, VALUE, x, values, cx);
        let each = t * t;
        for (group, weights) in self.groups(samples).zip(weights.chunks_mut(each)) {
            let q = self.each_step(query, group, heads, key);
            let k = self.each_step(keys, self.shared(group), key_heads, key).t();
            gemm(t, t, key, q, k, weights, t, false, cx.pool);
            for (step, row) in weights.chunks_mut(t).enumerate() {
                self.scores(row, step, tokens, group);
            }
            Softmax::forward(weights, t);
            // In Keras's layer `Softmax` those left out are 0 also where all are.
            if (self.rate > 0.0 || !self.sequence) && tokens.is_some() {
                let rows = weights.chunks_mut(t).enumerate();
                rows.filter(|(step, _)| self.is_masked(tokens, group, *step))
                    .for_each(|(_, row)| row.fill(0.0));
            }
        }
        let drops = self.rate > 0.0 && training;
        if drops {
            copy(dropped, weights);
            self.dropout().mask(dropped, cx);
        }
        let weights = if drops { dropped } else { weights };
        for (group, weights) in self.groups(samples).zip(weights.chunks(each)) {
            let v = self.each_step(values, self.shared(group), key_heads, value);
            let first = Self::at(group, heads, value);
            let (w, row) = (Mat::rows(weights, t), self.row(heads, value));
            let given = given.get_mut(first..).unwrap_or_default();
            gemm(t, value, t, w, v, given, row, false, cx.pool);
        }
        if !self.gate {
            return self.project(p, OUTPUT, given, y, cx);
        }
        self.project(p, GATE, x, gate, cx);
        Sigmoid::forward(gate, heads * value);
        copy(gated, given);
        multiply(gated, gate);
        self.project(p, OUTPUT, gated, y, cx);
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
        let Attention {
            steps: t,
            heads,
            key_heads,
            key,
            value,
            ..
        } = *self;
        let samples = x.len() / (self.rows() * self.features).max(1);
        let tokens = cx.mask(samples * self.rows());
        let saved = self.saved(memory, samples);
        let without = Attention { rate: 0.0, ..*self };
        let Parts {
            query: dq,
            key: dk,
            value: dv,
            given: dgiven,
            gate: dgate,
            weights: dweights,
            ..
        } = without.parts(scratch, samples);
        let given = if self.gate { saved.gated } else { saved.given };
        self.back_project(p, OUTPUT, given, dy, Some((&mut *dgiven, false)), dp, cx);
        if self.gate {
            back_gate(dgate, dgiven, saved.gate, saved.given);
        }
        let drops = self.rate > 0.0 && cx.training;
        let used = if drops { saved.dropped } else { saved.weights };
        let each = t * t;
        for ((group, used), dweights) in self
            .groups(samples)
            .zip(used.chunks(each))
            .zip(dweights.chunks_mut(each))
        {
            let (shared, adds) = (self.shared(group), !self.is_first(group));
            let dgiven = self.each_step(dgiven, group, heads, value);
            let v = self.each_step(saved.value, shared, key_heads, value).t();
            gemm(t, t, value, dgiven, v, dweights, t, false, cx.pool);
            let first = Self::at(shared, key_heads, value);
            let (used, row) = (Mat::rows(used, t).t(), self.row(key_heads, value));
            let dv = dv.get_mut(first..).unwrap_or_default();
            gemm(t, value, t, used, dgiven, dv, row, adds, cx.pool);
        }
        if drops {
            self.dropout().mask(dweights, cx);
        }
        let scale = 1.0 / math::sqrt(key as f32);
        for ((group, weights), dweights) in self
            .groups(samples)
            .zip(saved.weights.chunks(each))
            .zip(dweights.chunks_mut(each))
        {
            for (step, (row, drow)) in weights.chunks(t).zip(dweights.chunks_mut(t)).enumerate() {
                // Of one that is masked the sums are of all steps alike, whatever they hold; or of none.
                match self.is_masked(tokens, group, step) {
                    true => drow.fill(0.0),
                    false => back_softmax(row, drow, scale),
                }
            }
            let (shared, adds) = (self.shared(group), !self.is_first(group));
            let q = self.each_step(saved.query, group, heads, key);
            let k = self.each_step(saved.key, shared, key_heads, key);
            let dweights = Mat::rows(dweights, t);
            let dq = dq.get_mut(Self::at(group, heads, key)..);
            let row = self.row(heads, key);
            gemm(
                t,
                key,
                t,
                dweights,
                k,
                dq.unwrap_or_default(),
                row,
                false,
                cx.pool,
            );
            let dk = dk.get_mut(Self::at(shared, key_heads, key)..);
            let row = self.row(key_heads, key);
            gemm(
                t,
                key,
                t,
                dweights.t(),
                q,
                dk.unwrap_or_default(),
                row,
                adds,
                cx.pool,
            );
        }
        let mut dx = dx;
        let all = [(QUERY, dq), (KEY, dk), (VALUE, dv), (GATE, dgate)];
        for (which, dz) in all
            .into_iter()
            .filter(|(which, _)| self.gate || *which != GATE)
        {
            let to = dx.as_deref_mut().map(|dx| (dx, which != QUERY));
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
            let (xt, dz_rows) = (Mat::rows(x, from).t(), Mat::rows(dz, to));
            gemm(from, to, rows, xt, dz_rows, kernel, to, false, cx.pool);
            if let (true, Some(bias)) = (self.bias, bias.get_mut(..to)) {
                bias.fill(0.0);
                add_column_sums(bias, dz, cx.pool);
            }
        }
        if let Some((dx, adds)) = dx {
            let kernel = Mat::rows(self.projection(p, which).kernel, to).t();
            let dz = Mat::rows(dz, to);
            gemm(rows, from, to, dz, kernel, dx, from, adds, cx.pool);
        }
    }
}

/// What is left out of a sum, as Keras has it: its weight is 0, unless all are left out.
const LEFT_OUT: f32 = -0.7 * f32::MAX;

simd_fn! {
    fn multiply(y: &mut [f32], by: &[f32]) {
        for (y, by) in y.iter_mut().zip(by) {
            *y *= by;
        }
    }
}

simd_fn! {
    /// From the gradient of what a gate lets through those of what it is given, in its place, and of the gate before its sigmoid.
    fn back_gate(dgate: &mut [f32], dgiven: &mut [f32], gate: &[f32], given: &[f32]) {
        for (((dgate, dgiven), gate), given) in dgate.iter_mut().zip(dgiven).zip(gate).zip(given) {
            *dgate = *dgiven * given * gate * (1.0 - gate);
            *dgiven *= gate;
        }
    }
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
