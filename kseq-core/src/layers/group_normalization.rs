//! `GroupNormalization`: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` over all places and the channels of a group,
//! each sample for itself. For users: `docs/layers/GroupNormalization.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{GroupNormalization, GroupNormalizationParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let initializers = [Initializer::ONES, Initializer::ZEROS];
//! let layer = GroupNormalization::<4, 4, 0>::new(2, -1, 1e-12, initializers);
//! let p = GroupNormalizationParams { gamma: [1.0, 1.0, 1.0, 2.0], beta: [] };
//! let (mut y, mut scratch) = ([[0.0; 4]], [0.0; 20]);
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! let x = [[1.0, 3.0, 100.0, -100.0]];
//! layer.infer(&p, &NoParams, &x, &mut y, &mut cx.with_scratch(&mut scratch));
//! assert_eq!(y, [[-1.0, 1.0, 1.0, -2.0]]);
//! ```

use super::axis;
pub use super::moments::epsilon_rule;
use super::moments::{Channels, add_parts};
use super::rules::same;
use super::spread::apply;
use crate::base::part::{copy, part, part_mut, rows, rows_mut, split, split_mut};
use crate::facts::{Mask, Reads, SampleWise};
use crate::fusion::Fusion;
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::{Wide, narrow, simd_fn};
use crate::kernels::fpu::rolled;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::math;
use crate::params::{NoParams, params};
use crate::pool::{Pool, for_samples};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Normalises every sample over groups of its `C` channels; `G` and `B` are the sizes of gamma and beta, 0 without `scale` or
/// `center`.
///
/// In a layer list `GroupNormalization(..)`, whose arguments are explained in `kseq::layers::GroupNormalization`.
pub struct GroupNormalization<const C: usize, const G: usize, const B: usize> {
    groups: isize,
    axis: isize,
    epsilon: f32,
    initializers: [Initializer; 2],
}

impl<const C: usize, const G: usize, const B: usize> GroupNormalization<C, G, B> {
    /// The layer with the initializers of gamma and beta.
    #[must_use]
    pub const fn new(
        groups: isize,
        axis: isize,
        epsilon: f32,
        initializers: [Initializer; 2],
    ) -> Self {
        GroupNormalization {
            groups,
            axis,
            epsilon,
            initializers,
        }
    }

    fn channels(&self, shape: Shape) -> Grouped {
        let at = axis::axis(shape, self.axis).unwrap_or(0);
        let groups = match self.groups {
            -1 => C,
            groups => groups.unsigned_abs(),
        };
        Grouped {
            channels: Channels {
                count: C,
                inner: axis::inner(shape, at),
                sample: shape.len().unwrap_or(0),
            },
            together: (C / groups.max(1)).max(1),
            epsilon: self.epsilon,
        }
    }
}

params! {
    /// The parameters of a [`GroupNormalization`].
    pub struct GroupNormalizationParams<const G: usize, const B: usize> {
        /// One for each channel, or nothing with `scale = false`
        pub gamma: [f32; G],
        /// One for each channel, or nothing with `center = false`
        pub beta: [f32; B],
    }
}

/// The shape rule: the output is as the input, whose channels must fall into the groups.
pub const fn shape(input: Shape, groups: isize, axis: isize) -> Rule {
    if let Err(refusal) = same(input, "GroupNormalization") {
        return Err(refusal);
    }
    let Some(at) = axis::axis(input, axis) else {
        return Err(axis::refusal("GroupNormalization", input, axis));
    };
    if let Some(refusal) = axis::open("GroupNormalization", input, at) {
        return Err(refusal);
    }
    let channels = input.dim(at);
    if groups == -1 || groups > 0 && channels.is_multiple_of(groups.unsigned_abs()) {
        return Ok(input);
    }
    let what = axis::signed(
        Text::new().str("groups must divide the number of channels, or be -1: "),
        groups,
    );
    let what = what
        .str(" groups for the ")
        .num(channels)
        .str(" channels of ");
    let what = what.text(&super::rules::with_batch(input));
    let help = "the default of 32 is for many channels; -1 makes each channel a group of its own";
    Err(Refusal::new(what, help).then(input))
}

/// The number of channels; 0 where there is no such axis.
#[must_use]
pub const fn size(input: Shape, axis: isize) -> usize {
    super::batch_normalization::size(input, axis)
}

impl<const C: usize, const G: usize, const B: usize, T: Tensor<Elem = f32>> Layer<T, T>
    for GroupNormalization<C, G, B>
{
    type Params = GroupNormalizationParams<G, B>;
    type State = NoParams;
    /// Mean and 1 / standard deviation, for each channel.
    const CACHE: usize = 2 * C;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const SCRATCH: usize = 5 * C;
    const NEEDS: Needs = Needs {
        cache: PerStep::sample(2 * C),
        scratch: PerStep::sample(5 * C),
        infer_scratch: PerStep::sample(5 * C),
    };
    /// Gamma, if there is one.
    const MACS: usize = if G > 0 { T::LEN } else { 0 };

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let [gamma, beta] = &self.initializers;
        gamma.fill(&mut p.gamma, Fans::vector(C), rng);
        beta.fill(&mut p.beta, Fans::vector(C), rng);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[T], y: &mut [T], cx: &mut Ctx<'_>) {
        let grouped = self.channels(cx.input_shape::<T>());
        let weights = (&p.gamma[..], &p.beta[..]);
        grouped.infer(T::flat(x), T::flat_mut(y), weights, cx.scratch, cx.pool);
    }

    fn forward(
        &self,
        p: &Self::Params,
        _: &mut NoParams,
        x: &[T],
        y: &mut [T],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let grouped = self.channels(cx.input_shape::<T>());
        let weights = (&p.gamma[..], &p.beta[..]);
        grouped.infer(T::flat(x), T::flat_mut(y), weights, cx.scratch, cx.pool);
        for (kept, stats) in rows_mut(cache, 2 * C).zip(rows(cx.scratch, 5 * C)) {
            copy(kept, part(stats, 0, 2 * C));
        }
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, T, T>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let grouped = self.channels(cx.input_shape::<T>());
        let (x, dy) = (T::flat(pass.x), T::flat(pass.dy));
        let (len, pool, trains) = (grouped.channels.sample, cx.pool, cx.trains());
        let samples = x.len() / len.max(1);
        let (shares, factors) = split_mut(cx.scratch, samples * 2 * C);
        for_samples(pool, shares, 2 * C, len, |i, share| {
            let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
            let (mean, root) = split(part(pass.cache, i * 2 * C, 2 * C), C);
            let channels = &grouped.channels;
            channels.back_sums(x, dy, (mean, None), share, &Pool::Serial);
            // Of `dy` and of `dy (x - mean) / deviation`.
            let (_, moved) = split_mut(share, C);
            moved
                .iter_mut()
                .zip(root)
                .for_each(|(moved, root)| *moved *= root);
        });
        if let Some(dx) = pass.dx {
            let factors = part_mut(factors, 0, samples * 3 * C);
            for_samples(pool, factors, 3 * C, C, |i, factors| {
                let (_, root) = split(part(pass.cache, i * 2 * C, 2 * C), C);
                grouped.factors(part(shares, i * 2 * C, 2 * C), root, &p.gamma, factors);
            });
            for_samples(pool, T::flat_mut(dx), len, len, |i, dx| {
                let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
                let mean = part(pass.cache, i * 2 * C, C);
                let (a, rest) = split(part(factors, i * 3 * C, 3 * C), C);
                let (b, c) = split(rest, C);
                grouped.channels.runs(len, |[first, n], [at, len]| {
                    let dx = part_mut(dx, at, len);
                    copy(dx, part(dy, at, len));
                    let at = part(x, at, len);
                    let of = |values| part(values, first, n);
                    back(at, dx, of(mean), of(a), of(b), of(c));
                });
            });
        }
        if trains && samples > 0 {
            add_parts(shares, 2 * C);
            let (plain, moved) = split(part(shares, 0, 2 * C), C);
            copy(&mut dp.beta, part(plain, 0, B));
            copy(&mut dp.gamma, part(moved, 0, G));
        }
    }
}

impl<const C: usize, const G: usize, const B: usize, T: Tensor<Elem = f32>> Fusion<T, T>
    for GroupNormalization<C, G, B>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const REPEATS: bool = true;
}

/// The channels of a sample, of which so many neighbours are a group.
struct Grouped {
    channels: Channels,
    together: usize,
    epsilon: f32,
}

impl Grouped {
    /// Leaves mean and 1 / standard deviation of each channel in the first two of five values a channel of `scratch`.
    fn infer(
        &self,
        x: &[f32],
        y: &mut [f32],
        (gamma, beta): (&[f32], &[f32]),
        scratch: &mut [f32],
        pool: &Pool,
    ) {
        let (len, n) = (self.channels.sample, self.channels.count);
        let scratch = part_mut(scratch, 0, x.len() / len.max(1) * 5 * n);
        for_samples(pool, scratch, 5 * n, len, |i, scratch| {
            let (mean, rest) = split_mut(scratch, n);
            let (root, rest) = split_mut(rest, n);
            let x = part(x, i * len, len);
            self.channels.moments(x, mean, root, rest, &Pool::Serial);
            self.roots(mean, root);
            let (a, b) = split_mut(rest, n);
            copy(a, root);
            a.iter_mut().zip(gamma).for_each(|(a, gamma)| *a *= gamma);
            b.fill(0.0);
            copy(part_mut(b, 0, beta.len()), beta);
        });
        for_samples(pool, y, len, len, |i, y| {
            let (x, stats) = (part(x, i * len, len), part(scratch, i * 5 * n, 5 * n));
            let (mean, rest) = split(stats, n);
            let (a, b) = split(part(rest, n, 2 * n), n);
            self.channels.runs(len, |[first, n], [at, len]| {
                let of = |values| part(values, first, n);
                let (x, y) = (part(x, at, len), part_mut(y, at, len));
                apply(x, y, [of(mean), of(a), of(b)], false);
            });
        });
    }

    /// From means and variances of channels to those of their groups, and from variances to 1 / standard deviations.
    fn roots(&self, mean: &mut [f32], variance: &mut [f32]) {
        let together = self.together;
        for (mean, variance) in rows_mut(mean, together).zip(rows_mut(variance, together)) {
            let n = together as Wide;
            // What is away from the first one: no digits are lost where the mean is large.
            let first = mean.first().copied().unwrap_or_default();
            let away = mean.iter().map(|m| Wide::from(m - first)).sum::<Wide>() / n;
            let squares = mean.iter().zip(&*variance).map(|(mean, variance)| {
                let moved = Wide::from(mean - first) - away;
                Wide::from(*variance) + moved * moved
            });
            let root = 1.0 / math::sqrt(narrow(squares.sum::<Wide>() / n) + self.epsilon);
            mean.fill(first + narrow(away));
            variance.fill(root);
        }
    }

    /// What [`back`] takes, from the sums of a sample.
    fn factors(&self, sums: &[f32], root: &[f32], gamma: &[f32], factors: &mut [f32]) {
        let (n, together) = (self.channels.count, self.together);
        let (plain, moved) = split(sums, n);
        let (a, rest) = split_mut(factors, n);
        let (b, c) = split_mut(rest, n);
        a.fill(1.0);
        copy(part_mut(a, 0, gamma.len()), gamma);
        let share = n as f32 / (self.channels.sample * together) as f32;
        for group in (0..n).step_by(together) {
            let a = part_mut(a, group, together);
            let of = |sums| part(sums, group, together);
            let total = |sums: &[f32]| {
                let scaled = sums
                    .iter()
                    .zip(&*a)
                    .map(|(sum, gamma)| Wide::from(sum * gamma));
                narrow(scaled.sum()) * share
            };
            let (plain, moved) = (total(of(plain)), total(of(moved)));
            let root = of(root).first().copied().unwrap_or_default();
            part_mut(b, group, together).fill(plain * root);
            part_mut(c, group, together).fill(moved * root * root);
            a.iter_mut().for_each(|a| *a *= root);
        }
    }
}

simd_fn! {
    /// `dx = dy a - b - (x - mean) c`; `dx` holds `dy`.
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn back(x: &[f32], dx: &mut [f32], mean: &[f32], a: &[f32], b: &[f32], c: &[f32]) {
        let n = mean.len();
        for (x, dx) in rows(x, n).zip(rows_mut(dx, n)) {
            for (((((dx, x), mean), a), b), c) in dx.iter_mut().zip(x).zip(mean).zip(a).zip(b).zip(c) {
                rolled();
                *dx = *dx * a - b - (x - mean) * c;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_groups() {
        let refused = |groups, axis| shape(Shape::new(&[4, 5, 6]), groups, axis).is_err();
        assert!(!refused(3, -1) && !refused(-1, -1) && !refused(6, 3) && !refused(2, 1));
        assert!(refused(4, -1) && refused(0, -1) && refused(-2, -1) && refused(32, -1));
        assert!(refused(1, 0) && refused(1, 4));
        assert_eq!(size(Shape::new(&[4, 5, 6]), 1), 4);
    }
}
