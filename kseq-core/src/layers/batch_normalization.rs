//! `BatchNormalization`: `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` for each channel. For users:
//! `docs/layers/BatchNormalization.md`.
//!
//! With `renorm` training normalises by moving averages, too: `x_hat r + d` takes the place of x_hat, where r and d count as
//! constants (Ioffe: "Batch renormalization", 2017).
//!
//! The layer keeps two values a channel and sample for its backward pass, with `renorm` four.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{BatchNormalization, BatchNormalizationParams, BatchNormalizationState};
//! use kseq_core::pool::Pool;
//!
//! let initializers = [Initializer::ONES, Initializer::ZEROS, Initializer::ZEROS, Initializer::ONES];
//! let layer = BatchNormalization::<1, 1, 1>::new(-1, 0.9, 0.0, initializers);
//! let p = BatchNormalizationParams { gamma: [2.0], beta: [10.0] };
//! let mut s = BatchNormalizationState {
//!     moving_mean: [0.0], moving_variance: [1.0], moving_stddev: [], renorm_mean: [], renorm_stddev: [],
//! };
//! let (mut y, mut cache, mut scratch) = ([[0.0]; 2], [0.0; 4], [0.0; 6]);
//! let cx = Ctx::new(&Pool::Serial, 0, 0);
//! layer.forward(&p, &mut s, &[[1.0], [5.0]], &mut y, &mut cache, &mut cx.with_scratch(&mut scratch));
//! assert_eq!(y, [[8.0], [12.0]]);
//! assert!((s.moving_mean[0] - 0.3).abs() < 1e-6 && (s.moving_variance[0] - 1.3).abs() < 1e-6);
//! ```

mod affine;
mod back;
mod renorm;
#[cfg(feature = "std")]
mod synchronized;

use affine::{Affine, back, normalise};
pub use renorm::{Clipping, clipping_rule};
use renorm::{Renorm, follow_stddev};

use super::axis;
use super::masked_moments::{Rows, shares_of};
use super::moments::Channels;
pub use super::moments::epsilon_rule;
use super::rules::same;
use super::spread::Undo;
use crate::base::operator::{Normalise, Operator};
use crate::base::part::{copy, part, part_mut, split_mut};
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::DEVICE;
#[cfg(feature = "std")]
use crate::kernels::gemm::Normalised;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::math;
use crate::params::params;
use crate::rng::Rng;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// Normalises each of `C` channels over the batch; `G` is `C` with `scale` and else 0, `B` is `C` with `center`, `R` with
/// `renorm`.
///
/// In a layer list `BatchNormalization(..)`, whose arguments are explained in `kseq::layers::BatchNormalization`.
pub struct BatchNormalization<const C: usize, const G: usize, const B: usize, const R: usize = 0> {
    axis: isize,
    momentum: f32,
    epsilon: f32,
    initializers: [Initializer; 4],
    renorm: Renorm,
    synchronized: bool,
}

impl<const C: usize, const G: usize, const B: usize, const R: usize>
    BatchNormalization<C, G, B, R>
{
    /// The layer with the initializers of gamma, beta, moving mean and moving variance.
    #[must_use]
    pub const fn new(
        axis: isize,
        momentum: f32,
        epsilon: f32,
        initializers: [Initializer; 4],
    ) -> Self {
        BatchNormalization {
            axis,
            momentum,
            epsilon,
            initializers,
            renorm: Renorm {
                clipping: [None; 3],
                momentum: 0.99,
            },
            synchronized: false,
        }
    }

    /// Whether the moments are those of all ranks of a training, not of the samples of each.
    #[must_use]
    pub const fn synchronized(mut self, synchronized: bool) -> Self {
        self.synchronized = synchronized;
        self
    }

    /// The same with the arguments of `renorm`.
    #[must_use]
    pub const fn renorm(mut self, clipping: Clipping, momentum: f32) -> Self {
        self.renorm = Renorm { clipping, momentum };
        self
    }

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator {
        if self.axis != -1 && self.axis != In::SHAPE.rank() as isize {
            return Operator::Refused("only the channels of the last axis have an int8 operator");
        }
        Operator::Normalise(Normalise {
            len: In::LEN,
            channels: C,
            epsilon: self.epsilon,
            scale: G > 0,
            center: B > 0,
        })
    }

    /// What a prediction does behind the deviations.
    fn moving<'a>(
        &self,
        p: &'a BatchNormalizationParams<G, B>,
        s: &BatchNormalizationState<C, R>,
        memory: &'a mut [f32],
    ) -> Affine<'a> {
        let [a, b, _] = thirds(memory, C);
        copy(a, &s.moving_variance);
        inverse_root(a, self.epsilon);
        Affine {
            a,
            b,
            gamma: &p.gamma,
            beta: &p.beta,
            shift: &[],
        }
    }

    fn channels(&self, shape: Shape) -> Channels {
        let at = axis::axis(shape, self.axis).unwrap_or(0);
        Channels {
            count: C,
            inner: axis::inner(shape, at),
            sample: shape.len().unwrap_or(0),
        }
    }
}

params! {
    /// The parameters of a [`BatchNormalization`].
    pub struct BatchNormalizationParams<const G: usize, const B: usize> {
        /// `(channels,)`, or nothing with `scale = false`
        pub gamma: [f32; G],
        /// `(channels,)`, or nothing with `center = false`
        pub beta: [f32; B],
    }
}

params! {
    /// The moving averages of a [`BatchNormalization`].
    pub struct BatchNormalizationState<const C: usize, const R: usize> {
        /// `(channels,)`
        pub moving_mean: [f32; C],
        /// `(channels,)`
        pub moving_variance: [f32; C],
        /// `(channels,)` with `renorm = true`, else nothing
        pub moving_stddev: [f32; R],
        /// `(channels,)` with `renorm = true`, else nothing
        pub renorm_mean: [f32; R],
        /// `(channels,)` with `renorm = true`, else nothing
        pub renorm_stddev: [f32; R],
    }
}

/// The shape rule: the output is as the input, which must have the axis.
pub const fn shape(input: Shape, axis: isize) -> Rule {
    match (same(input, "BatchNormalization"), axis::axis(input, axis)) {
        (Ok(_), None) => Err(axis::refusal("BatchNormalization", input, axis)),
        (Ok(_), Some(at)) => match axis::open("BatchNormalization", input, at) {
            Some(refusal) => Err(refusal),
            None => Ok(input),
        },
        (rule, _) => rule,
    }
}

/// The number of channels; 0 where the rule refuses.
#[must_use]
pub const fn size(input: Shape, axis: isize) -> usize {
    match axis::axis(input, axis) {
        Some(axis) if !input.is_open(axis) => input.dim(axis),
        _ => 0,
    }
}

impl<const C: usize, const G: usize, const B: usize, const R: usize, In: Tensor<Elem = f32>>
    Layer<In, In> for BatchNormalization<C, G, B, R>
{
    type Params = BatchNormalizationParams<G, B>;
    type State = BatchNormalizationState<C, R>;
    /// Mean and 1 / standard deviation, once for the batch, and what renormalises.
    const CACHE: usize = 2 * (C + R);
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const SCRATCH: usize = Self::ROOM;
    const INFER_SCRATCH: usize = if DEVICE { 0 } else { 3 * C };
    const NEEDS: Needs = Needs {
        cache: PerStep::sample(2 * (C + R)),
        scratch: PerStep::sample(Self::ROOM),
        infer_scratch: PerStep::sample(<Self as Layer<In, In>>::INFER_SCRATCH),
    };
    /// One scale for each value: gamma and the variance are one factor.
    const MACS: usize = In::LEN;

    fn init(&self, p: &mut Self::Params, s: &mut Self::State, rng: &mut Rng) {
        let fans = Fans::vector(C);
        let [gamma, beta, mean, variance] = &self.initializers;
        gamma.fill(&mut p.gamma, fans, rng);
        beta.fill(&mut p.beta, fans, rng);
        mean.fill(&mut s.moving_mean, fans, rng);
        variance.fill(&mut s.moving_variance, fans, rng);
        mean.fill(&mut s.renorm_mean, fans, rng);
        for stddev in [&mut s.moving_stddev, &mut s.renorm_stddev] {
            variance.fill(stddev, fans, rng);
            stddev
                .iter_mut()
                .for_each(|stddev| *stddev = math::sqrt(*stddev));
        }
    }

    fn infer(&self, p: &Self::Params, s: &Self::State, x: &[In], y: &mut [In], cx: &mut Ctx<'_>) {
        if DEVICE {
            let channels = self.channels(cx.input_shape::<In>());
            return infer_on_device(&channels, In::flat(x), In::flat_mut(y), p, s, self.epsilon);
        }
        let channels = self.channels(cx.input_shape::<In>());
        let (x, y) = (In::flat(x), In::flat_mut(y));
        let affine = self.moving(p, s, cx.scratch);
        normalise(&channels, x, y, (&s.moving_mean, affine), false, cx.pool);
    }

    fn forward(
        &self,
        p: &Self::Params,
        s: &mut Self::State,
        x: &[In],
        y: &mut [In],
        cache: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let channels = self.channels(cx.input_shape::<In>());
        let (x, y) = (In::flat(x), In::flat_mut(y));
        let [mean, root, renorm] = thirds_and_rest(cache, C);
        let [r, d, _] = thirds(renorm, R);
        r.fill(1.0);
        d.fill(0.0);
        if cx.training && cx.trains() && !x.is_empty() {
            match rows::<In>(channels, x.len(), cx) {
                None => channels.moments(x, mean, root, cx.scratch, cx.pool),
                Some(rows) => rows.moments(x, mean, root, cx.scratch, cx.pool),
            }
            #[cfg(feature = "std")]
            if let (true, Some(sums)) = (self.synchronized, cx.share.sums) {
                let masked = rows::<In>(channels, x.len(), cx);
                let [shares, ..] = thirds(cx.scratch, C);
                shares_of(masked, x.len(), C, shares);
                synchronized::moments(sums, mean, root, shares);
            }
            if R > 0 {
                let averages = (&s.renorm_mean[..], &s.renorm_stddev[..]);
                let (renorm, epsilon) = (&self.renorm, self.epsilon);
                renorm.corrections(averages, (mean, root), epsilon, (&mut *r, &mut *d));
            }
            follow(&mut s.moving_mean, mean, self.momentum);
            if R > 0 {
                let stddevs = [&mut s.moving_stddev[..], &mut s.renorm_stddev[..]];
                let momenta = [self.momentum, self.renorm.momentum];
                follow_stddev(stddevs, &mut s.moving_variance, root, momenta, self.epsilon);
            } else {
                follow(&mut s.moving_variance, root, self.momentum);
            }
            follow(&mut s.renorm_mean, mean, self.renorm.momentum);
        } else {
            copy(mean, &s.moving_mean);
            copy(root, &s.moving_variance);
        }
        inverse_root(root, self.epsilon);
        let relu = cx.rectifies();
        let [a, b, _] = thirds(cx.scratch, C);
        copy(a, root);
        a.iter_mut().zip(&*r).for_each(|(a, r)| *a *= r);
        let affine = Affine {
            a,
            b,
            gamma: &p.gamma,
            beta: &p.beta,
            shift: d,
        };
        normalise(&channels, x, y, (mean, affine), relu, cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, In, In>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let channels = self.channels(cx.input_shape::<In>());
        let (x, dy) = (In::flat(pass.x), In::flat_mut(pass.dy));
        let masked = masked_rows::<In>(channels, x.len(), cx);
        let pool = cx.pool;
        let (numbers, relu) = self.gradients(p, (x, dy), pass.cache, (channels, masked), dp, cx);
        let Some(dx) = pass.dx else { return };
        let dx = In::flat_mut(dx);
        let undo = Undo::new(part(pass.cache, 0, C), numbers, relu);
        back(&channels, x, dy, dx, &undo, pool);
        if let Some(rows) = masked {
            let [a, ..] = numbers;
            rows.back(dy, dx, a, pool);
        }
    }
}

impl<const C: usize, const G: usize, const B: usize, const R: usize, In: Tensor<Elem = f32>>
    Fusion<In, In> for BatchNormalization<C, G, B, R>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const STREAMING: Streaming = by_step::<Self, In, In>();
    const REPEATS: bool = true;
    const THEN: usize = if DEVICE { 0 } else { 2 * C };
    const RECTIFIES: bool = cfg!(feature = "std") && !DEVICE;

    #[cfg(feature = "std")]
    fn then<'a>(
        &self,
        p: &'a Self::Params,
        s: &'a Self::State,
        shape: Shape,
        memory: &'a mut [f32],
    ) -> Option<Normalised<'a>> {
        if C == 0 || self.channels(shape).inner != 1 {
            return None;
        }
        let [a, b] = self.moving(p, s, memory).numbers();
        Some(Normalised::new([&s.moving_mean, a, b], false))
    }

    #[cfg(feature = "std")]
    fn leaves(&self, x: &[In], room: usize, cx: &Ctx<'_>) -> Option<usize> {
        let (channels, numbers) = (self.channels(cx.input_shape::<In>()), Undo::NUMBERS * C);
        let masked = masked_rows::<In>(channels, In::flat(x).len(), cx);
        let does = channels.inner == 1 && masked.is_none() && room >= numbers;
        does.then_some(numbers)
    }

    #[cfg(feature = "std")]
    fn backward_left(
        &self,
        p: &Self::Params,
        (x, dy): (&[In], &mut [In]),
        cache: &mut [f32],
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let channels = self.channels(cx.input_shape::<In>());
        let (x, dy) = (In::flat(x), In::flat_mut(dy));
        let (numbers, _) = self.gradients(p, (x, dy), cache, (channels, None), dp, cx);
        // Behind the means.
        for (to, numbers) in cache.chunks_exact_mut(C.max(1)).skip(1).zip(numbers) {
            copy(to, numbers);
        }
    }
}

/// The rows that a mask lets count, if there is one: a flag for each row of `len` values.
fn rows<'a, In: Tensor>(channels: Channels, len: usize, cx: &Ctx<'a>) -> Option<Rows<'a>> {
    let width = In::SHAPE.last().max(1);
    let flags = cx.mask(len / width)?;
    Some(Rows {
        flags,
        width,
        channels,
    })
}

/// The same, if mean and variance depend on them.
fn masked_rows<'a, In: Tensor>(channels: Channels, len: usize, cx: &Ctx<'a>) -> Option<Rows<'a>> {
    rows::<In>(channels, len, cx).filter(|_| cx.training && cx.trains())
}

/// The first two runs of `n` values, and the rest.
fn thirds_and_rest(values: &mut [f32], n: usize) -> [&mut [f32]; 3] {
    let (a, rest) = split_mut(values, n);
    let (b, rest) = split_mut(rest, n);
    [a, b, rest]
}

/// The first three runs of `n` values; a run that is not there is empty.
fn thirds(values: &mut [f32], n: usize) -> [&mut [f32]; 3] {
    let (a, rest) = split_mut(values, n);
    let (b, rest) = split_mut(rest, n);
    let n = n.min(rest.len());
    [a, b, part_mut(rest, 0, n)]
}

/// `1 / sqrt(variance + epsilon)`
fn inverse_root(variance: &mut [f32], epsilon: f32) {
    for v in variance {
        *v = 1.0 / math::sqrt(*v + epsilon);
    }
}

fn follow(moving: &mut [f32], batch: &[f32], momentum: f32) {
    for (moving, batch) in moving.iter_mut().zip(batch) {
        *moving = *moving * momentum + batch * (1.0 - momentum);
    }
}

/// A prediction channel by channel, without memory.
fn infer_on_device<const C: usize, const G: usize, const B: usize, const R: usize>(
    channels: &Channels,
    x: &[f32],
    y: &mut [f32],
    p: &BatchNormalizationParams<G, B>,
    s: &BatchNormalizationState<C, R>,
    epsilon: f32,
) {
    let (inner, count) = (channels.inner.max(1), channels.count.max(1));
    let moments = s.moving_mean.iter().zip(&s.moving_variance);
    for (c, (mean, variance)) in moments.enumerate() {
        let root = 1.0 / math::sqrt(*variance + epsilon);
        let a = root * p.gamma.get(c).unwrap_or(&1.0);
        let b = p.beta.get(c).unwrap_or(&0.0);
        let normalise = |(x, y): (&f32, &mut f32)| *y = (x - mean) * a + b;
        if inner == 1 {
            let x = x.iter().skip(c).step_by(count);
            x.zip(y.iter_mut().skip(c).step_by(count))
                .for_each(normalise);
            continue;
        }
        let x = x.chunks(inner).skip(c).step_by(count);
        let y = y.chunks_mut(inner).skip(c).step_by(count);
        for (x, y) in x.zip(y) {
            x.iter().zip(y).for_each(normalise);
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::params::{Flat, zeroed_box};
    use crate::pool::Pool;
    use std::vec;
    use std::vec::Vec;

    type Sample = [[f32; 3]; 700];
    const SAMPLE: usize = 2100;
    type Norm = BatchNormalization<3, 3, 3>;
    const INITIALIZERS: [Initializer; 4] = [
        Initializer::ONES,
        Initializer::ZEROS,
        Initializer::ZEROS,
        Initializer::ONES,
    ];

    /// Output and moving averages of a training pass.
    fn train(x: &[f32], pool: &Pool) -> (Vec<f32>, Vec<f32>) {
        let layer = Norm::new(-1, 0.0, 0.0, INITIALIZERS);
        let n = x.len() / SAMPLE;
        let mut p = zeroed_box::<BatchNormalizationParams<3, 3>>();
        let mut s = zeroed_box::<BatchNormalizationState<3, 0>>();
        let mut rng = Rng::new(0, crate::rng::Purpose::Init, 0, 0);
        Layer::<Sample, Sample>::init(&layer, &mut p, &mut s, &mut rng);
        let (mut y, mut cache) = (vec![0.0; x.len()], vec![f32::NAN; 6 * n]);
        let mut scratch = vec![f32::NAN; 9 * n];
        let cx = &mut Ctx::new(pool, 0, 0);
        let cx = &mut cx.with_scratch(&mut scratch);
        let (x, y_samples) = (Sample::view(x), Sample::view_mut(&mut y));
        layer.forward(&p, &mut s, x, y_samples, &mut cache, cx);
        (y, s.as_f32s().to_vec())
    }

    #[test]
    fn large_means_cost_no_digits() {
        let noise = |i: usize| (i * 7919 % 1000) as f64 / 1000.0;
        let x: Vec<f32> = (0..30 * SAMPLE)
            .map(|i| (1000.0 + noise(i)) as f32)
            .collect();
        let (_, moving) = train(&x, &Pool::Serial);
        for c in 0..3 {
            let values: Vec<f64> = x.iter().skip(c).step_by(3).map(|&x| x.into()).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
            let variance = squares / values.len() as f64;
            assert!(
                (f64::from(moving[c]) - mean).abs() < 2e-3,
                "{} {mean}",
                moving[c]
            );
            assert!((f64::from(moving[3 + c]) - variance).abs() < 1e-3 * variance);
        }
    }

    #[cfg(feature = "rayon")]
    #[test]
    fn threads_do_not_change_a_bit() {
        let x: Vec<f32> = (0..30 * SAMPLE)
            .map(|i| (i * 7919 % 1013) as f32 / 7.0)
            .collect();
        let one = train(&x, &Pool::Serial);
        for threads in [1, 2, 3] {
            let pool = Pool::of(threads);
            let pool = pool.expect("a pool");
            assert_eq!(train(&x, &pool), one);
        }
    }
}
