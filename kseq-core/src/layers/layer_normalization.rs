//! `LayerNormalization`: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, each sample for itself. For users:
//! `docs/layers/LayerNormalization.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{LayerNormalization, LayerNormalizationParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let initializers = [Initializer::ONES, Initializer::ZEROS];
//! let layer = LayerNormalization::<2, [f32; 2], [f32; 2]>::new(&[-1], 0.0, initializers);
//! let p = LayerNormalizationParams { gamma: [1.0, 2.0], beta: [0.0, 5.0] };
//! let mut y = [[[0.0; 2]; 2]];
//! let x = [[[1.0, 3.0], [100.0, -100.0]]];
//! let mut scratch = [0.0; 4];
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! layer.infer(&p, &NoParams, &x, &mut y, &mut cx.with_scratch(&mut scratch));
//! assert_eq!(y, [[[-1.0, 7.0], [1.0, 3.0]]]);
//! ```

use core::marker::PhantomData;

use super::axis;
use super::moments::add_parts;
pub use super::moments::epsilon_rule;
use super::rules::same;
use super::sums::sum;
use crate::base::part::{copy, from, from_mut, part, part_mut, set, split, split_mut, value};
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::{Wide, narrow, simd_fn};
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::math;
use crate::params::{NoParams, ParamField, params};
use crate::pool::{GRAIN, Pool, for_samples};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Normalises every sample over `N` values; `G` and `B` are the types of gamma and beta, `[f32; 0]` without `scale` or
/// `center`.
///
/// In a layer list `LayerNormalization(..)`, whose arguments are explained in `kseq::layers::LayerNormalization`.
pub struct LayerNormalization<const N: usize, G, B> {
    first: isize,
    count: usize,
    epsilon: f32,
    rms_scaling: bool,
    initializers: [Initializer; 2],
    weights: PhantomData<fn() -> (G, B)>,
}

impl<const N: usize, G, B> LayerNormalization<N, G, B> {
    /// The layer with the initializers of gamma and beta.
    #[must_use]
    pub const fn new(axes: &[isize], epsilon: f32, initializers: [Initializer; 2]) -> Self {
        LayerNormalization {
            first: if axes.is_empty() { -1 } else { axes[0] },
            count: axes.len(),
            epsilon,
            rms_scaling: false,
            initializers,
            weights: PhantomData,
        }
    }

    /// The same with Keras's `rms_scaling`: the mean is not subtracted, `y = gamma x / sqrt(variance + epsilon)`.
    #[must_use]
    pub const fn rms_scaling(self, rms_scaling: bool) -> Self {
        LayerNormalization {
            rms_scaling,
            ..self
        }
    }

    fn groups(&self, shape: Shape) -> Groups {
        let first = axis::axis(shape, self.first).unwrap_or(0);
        Groups {
            values: N,
            inner: axis::inner(shape, first + self.count.saturating_sub(1)),
            sample: shape.len().unwrap_or(0),
            epsilon: self.epsilon,
            rms_scaling: self.rms_scaling,
        }
    }
}

params! {
    /// The parameters of a [`LayerNormalization`].
    pub struct LayerNormalizationParams<G, B> {
        /// The sizes of the axes, or nothing with `scale = false`
        pub gamma: G,
        /// The sizes of the axes, or nothing with `center = false`
        pub beta: B,
    }
}

/// The shape rule: the output is as the input, which must have the axes.
pub const fn shape(input: Shape, axes: &[isize]) -> Rule {
    if let Err(refusal) = same(input, "LayerNormalization") {
        return Err(refusal);
    }
    if axes.is_empty() {
        let what = Text::new().str("axis is empty");
        return Err(Refusal::new(what, "leave axis out for the last one"));
    }
    let mut before = None;
    let mut i = 0;
    while i < axes.len() {
        let Some(at) = axis::axis(input, axes[i]) else {
            return Err(axis::refusal("LayerNormalization", input, axes[i]));
        };
        if let Some(refusal) = axis::open("LayerNormalization", input, at) {
            return Err(refusal);
        }
        if let Some(before) = before
            && at != before + 1
        {
            let what = axis::signed(Text::new().str("axis ("), axes[0]);
            let mut what = what;
            let mut i = 1;
            while i < axes.len() {
                what = axis::signed(what.str(", "), axes[i]);
                i += 1;
            }
            let what = what.str(") must name neighbouring axes in ascending order");
            let help = "put a Permute before and behind it to normalise over others";
            return Err(Refusal::new(what, help));
        }
        before = Some(at);
        i += 1;
    }
    Ok(input)
}

/// The shape of gamma and beta; [`NO_WEIGHT`] where the rule refuses.
#[must_use]
pub const fn weight(input: Shape, axes: &[isize]) -> Shape {
    if shape(input, axes).is_err() {
        return NO_WEIGHT;
    }
    let mut dims = [0; crate::shape::MAX_RANK];
    let mut i = 0;
    while i < axes.len() {
        if let Some(axis) = axis::axis(input, axes[i]) {
            dims[i] = input.dim(axis);
        }
        i += 1;
    }
    Shape::new(dims.split_at(axes.len()).0)
}

/// The shape of gamma without `scale`, and of beta without `center`.
pub const NO_WEIGHT: Shape = Shape::new(&[0]);

/// The number of values that are normalised together; 0 where the rule refuses.
#[must_use]
pub const fn size(input: Shape, axes: &[isize]) -> usize {
    match weight(input, axes).len() {
        Some(n) => n,
        None => 0,
    }
}

impl<const N: usize, G, B, In> Layer<In, In> for LayerNormalization<N, G, B>
where
    G: ParamField,
    B: ParamField,
    In: Tensor<Elem = f32>,
{
    type Params = LayerNormalizationParams<G, B>;
    type State = NoParams;
    /// Mean and 1 / standard deviation of each group.
    const CACHE: usize = 2 * (In::LEN / if N == 0 { 1 } else { N });
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    /// Without a cache the same; in the backward pass the sums of a chunk.
    const SCRATCH: usize = max(2 * N, <Self as Layer<In, In>>::CACHE);
    const INFER_SCRATCH: usize = <Self as Layer<In, In>>::CACHE;
    const NEEDS: Needs = Needs {
        scratch: PerStep::new(2 * N, <Self as Layer<In, In>>::CACHE),
        ..Needs::by_step(
            <Self as Layer<In, In>>::CACHE,
            0,
            <Self as Layer<In, In>>::CACHE,
        )
    };
    /// Gamma, if there is one.
    const MACS: usize = if <G as Tensor>::LEN > 0 { In::LEN } else { 0 };

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let [gamma, beta] = &self.initializers;
        gamma.fill(p.gamma.as_f32s_mut(), Fans::of(G::SHAPE), rng);
        beta.fill(p.beta.as_f32s_mut(), Fans::of(B::SHAPE), rng);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        let (groups, weights) = (
            self.groups(cx.input_shape::<In>()),
            (p.gamma.as_f32s(), p.beta.as_f32s()),
        );
        let len = In::flat(x).len() / groups.sample.max(1) * groups.stats();
        let stats = part_mut(cx.scratch, 0, len);
        groups.moments(In::flat(x), stats, cx.pool);
        groups.apply(In::flat(x), stats, In::flat_mut(y), weights, cx.pool);
    }

    fn forward(
        &self,
        p: &Self::Params,
        _: &mut NoParams,
        x: &[In],
        y: &mut [In],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let (groups, weights) = (
            self.groups(cx.input_shape::<In>()),
            (p.gamma.as_f32s(), p.beta.as_f32s()),
        );
        groups.moments(In::flat(x), cache, cx.pool);
        groups.apply(In::flat(x), cache, In::flat_mut(y), weights, cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, In>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let groups = self.groups(cx.input_shape::<In>());
        let (x, dy) = (In::flat(pass.x), In::flat(pass.dy));
        let sums = groups.weight_gradients((x, dy), pass.cache, cx.scratch, cx.pool);
        let (gamma, beta) = split(sums, N);
        for (dp, sums) in [
            (dp.gamma.as_f32s_mut(), gamma),
            (dp.beta.as_f32s_mut(), beta),
        ] {
            dp.iter_mut().zip(sums).for_each(|(dp, sum)| *dp = *sum);
        }
        if let Some(dx) = pass.dx {
            let gamma = p.gamma.as_f32s();
            groups.back((x, dy), In::flat_mut(dx), pass.cache, gamma, cx.pool);
        }
    }
}

impl<const N: usize, G, B, In> Fusion<In, In> for LayerNormalization<N, G, B>
where
    G: ParamField,
    B: ParamField,
    In: Tensor<Elem = f32>,
{
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const STREAMING: Streaming = by_step::<Self, In, In>();
    const REPEATS: bool = true;
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// What is normalised together: `values` numbers, `inner` apart; a sample has `inner` groups in each run of
/// `values * inner`.
#[derive(Clone, Copy)]
struct Groups {
    values: usize,
    inner: usize,
    sample: usize,
    epsilon: f32,
    rms_scaling: bool,
}

impl Groups {
    /// What is subtracted from values with this mean.
    #[inline(always)]
    const fn middle(&self, mean: f32) -> f32 {
        if self.rms_scaling { 0.0 } else { mean }
    }

    /// Values kept for a sample: mean and 1 / standard deviation of each group.
    const fn stats(&self) -> usize {
        match self.values {
            0 => 0,
            values => 2 * self.sample / values,
        }
    }

    /// Where a group begins.
    #[inline(always)]
    const fn start(&self, group: usize) -> usize {
        match self.inner {
            0 | 1 => group * self.values,
            inner => group / inner * inner * self.values + group % inner,
        }
    }

    fn moments(&self, x: &[f32], stats: &mut [f32], pool: &Pool) {
        let len = self.sample;
        for_samples(pool, stats, self.stats(), len, |i, stats| {
            moments(part(x, i * len, len), stats, self);
        });
    }

    fn apply(
        &self,
        x: &[f32],
        stats: &[f32],
        y: &mut [f32],
        (gamma, beta): (&[f32], &[f32]),
        pool: &Pool,
    ) {
        let (len, n) = (self.sample, self.stats());
        for_samples(pool, y, len, len, |i, y| {
            let (x, stats) = (part(x, i * len, len), part(stats, i * n, n));
            apply(x, stats, y, gamma, beta, self);
        });
    }

    /// The sums of `dy (x - mean) / deviation` and of `dy`, added in chunks of a fixed number of samples.
    fn weight_gradients<'a>(
        &self,
        (x, dy): (&[f32], &[f32]),
        stats: &[f32],
        scratch: &'a mut [f32],
        pool: &Pool,
    ) -> &'a [f32] {
        let (len, n) = (self.sample, self.stats());
        let samples = (GRAIN / len.max(1)).max(1);
        let all = x.len() / len.max(1);
        let parts = part_mut(scratch, 0, 2 * self.values * all.div_ceil(samples));
        pool.for_each_chunk(parts, 2 * self.values, |chunk, sums| {
            sums.fill(0.0);
            let (gamma, beta) = split_mut(sums, self.values);
            for i in chunk * samples..((chunk + 1) * samples).min(all) {
                let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
                add_gradients(x, dy, part(stats, i * n, n), gamma, beta, self);
            }
        });
        add_parts(parts, 2 * self.values);
        parts
    }

    fn back(
        &self,
        (x, dy): (&[f32], &[f32]),
        dx: &mut [f32],
        stats: &[f32],
        gamma: &[f32],
        pool: &Pool,
    ) {
        let (len, n) = (self.sample, self.stats());
        for_samples(pool, dx, len, len, |i, dx| {
            let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
            back(x, dy, dx, part(stats, i * n, n), gamma, self);
        });
    }
}

// Each kernel has one loop for neighbouring values, which is vectorised, and one for values that are apart.

simd_fn! {
    fn moments(x: &[f32], stats: &mut [f32], g: &Groups) {
        let n = g.values as f32;
        for (i, stats) in stats.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let x = from(x, g.start(i));
            // Of what is away from the first value: no digits are lost where the mean is large. The mean is rounded, which
            // the variance does not suffer from.
            let first = value(x, 0);
            let (mean, away, squares);
            if g.inner == 1 {
                let x = part(x, 0, g.values);
                mean = first + sum(x, x, |x, _| x - first) / n;
                away = sum(x, x, |x, _| x - mean);
                squares = sum(x, x, |x, _| (x - mean) * (x - mean));
            } else {
                let x = || x.iter().step_by(g.inner.max(1)).take(g.values);
                mean = first + narrow(x().map(|x| Wide::from(x - first)).sum()) / n;
                away = narrow(x().map(|x| Wide::from(x - mean)).sum());
                squares = narrow(x().map(|x| Wide::from((x - mean) * (x - mean))).sum());
            }
            let variance = (squares - away * (away / n)) / n;
            let variance = if variance < 0.0 { 0.0 } else { variance };
            *stats = [mean, 1.0 / math::sqrt(variance + g.epsilon)];
        }
    }
}

simd_fn! {
    fn apply(x: &[f32], stats: &[f32], y: &mut [f32], gamma: &[f32], beta: &[f32], g: &Groups) {
        for (i, &[mean, root]) in stats.as_chunks().0.iter().enumerate() {
            let mean = g.middle(mean);
            let (x, y) = (from(x, g.start(i)), from_mut(y, g.start(i)));
            if g.inner == 1 {
                let y = part_mut(y, 0, g.values);
                y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - mean) * root);
                y.iter_mut().zip(gamma).for_each(|(y, gamma)| *y *= gamma);
                y.iter_mut().zip(beta).for_each(|(y, beta)| *y += beta);
            } else {
                for k in 0..g.values {
                    let normal = (value(x, k * g.inner) - mean) * root;
                    let scaled = normal * gamma.get(k).unwrap_or(&1.0);
                    set(y, k * g.inner, scaled + beta.get(k).unwrap_or(&0.0));
                }
            }
        }
    }
}

simd_fn! {
    fn add_gradients(
        x: &[f32],
        dy: &[f32],
        stats: &[f32],
        gamma: &mut [f32],
        beta: &mut [f32],
        g: &Groups,
    ) {
        for (i, &[mean, root]) in stats.as_chunks().0.iter().enumerate() {
            let mean = g.middle(mean);
            let (x, dy) = (from(x, g.start(i)), from(dy, g.start(i)));
            let sums = gamma.iter_mut().zip(beta.iter_mut());
            if g.inner == 1 {
                for (((gamma, beta), x), dy) in sums.zip(x).zip(dy) {
                    *gamma += dy * ((x - mean) * root);
                    *beta += dy;
                }
            } else {
                for (k, (gamma, beta)) in sums.enumerate() {
                    let dy = value(dy, k * g.inner);
                    *gamma += dy * ((value(x, k * g.inner) - mean) * root);
                    *beta += dy;
                }
            }
        }
    }
}

simd_fn! {
    fn back(x: &[f32], dy: &[f32], dx: &mut [f32], stats: &[f32], gamma: &[f32], g: &Groups) {
        let n = g.values as f32;
        for (i, &[mean, root]) in stats.as_chunks().0.iter().enumerate() {
            let (start, middle) = (g.start(i), g.middle(mean));
            let (x, dy, dx) = (from(x, start), from(dy, start), from_mut(dx, start));
            if g.inner == 1 {
                let (x, dx) = (part(x, 0, g.values), part_mut(dx, 0, g.values));
                copy(dx, part(dy, 0, g.values));
                dx.iter_mut().zip(gamma).for_each(|(dx, gamma)| *dx *= gamma);
                let plain = if g.rms_scaling { 0.0 } else { sum(dx, dx, |dx, _| dx) / n };
                let moved = sum(dx, x, |dx, x| dx * (x - middle)) / n * root * root;
                for (dx, x) in dx.iter_mut().zip(x) {
                    *dx = (*dx - plain - (x - mean) * moved) * root;
                }
            } else {
                let scaled = |k: usize| {
                    let at = k * g.inner;
                    (at, value(dy, at) * gamma.get(k).unwrap_or(&1.0))
                };
                let plain = (0..g.values).map(|k| scaled(k).1).sum::<f32>() / n;
                let plain = if g.rms_scaling { 0.0 } else { plain };
                let moved = (0..g.values).map(scaled).map(|(at, dy)| dy * (value(x, at) - middle));
                let moved = moved.sum::<f32>() / n * root * root;
                for (at, dy) in (0..g.values).map(scaled) {
                    set(dx, at, (dy - plain - (value(x, at) - mean) * moved) * root);
                }
            }
        }
    }
}
