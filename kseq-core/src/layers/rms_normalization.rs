//! `RMSNormalization`: `y = scale x / sqrt(mean(x^2) + epsilon)`, each sample for itself. For users:
//! `docs/layers/RMSNormalization.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{RMSNormalization, RMSNormalizationParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let layer = RMSNormalization::<[f32; 2]>::new(&[-1], 1e-12);
//! let p = RMSNormalizationParams { scale: [1.0, 10.0] };
//! let (mut y, mut cx) = ([[0.0; 2]], Ctx::new(&Pool::Serial, 0, 0));
//! layer.infer(&p, &NoParams, &[[1.0, 7.0]], &mut y, &mut cx);
//! assert_eq!(y, [[0.2, 14.0]]);
//! ```

use core::marker::PhantomData;

use super::axis::{self, Groups};
use super::moments::add_parts;
pub use super::moments::epsilon_rule;
use super::rules::same;
use super::sums::sum;
use crate::base::part::{copy, from, from_mut, part, part_mut, rows_mut, set, value};
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::math;
use crate::params::{NoParams, ParamField, params};
use crate::pool::{Pool, for_samples};
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Divides what lies along some axes by its root mean square; `S` is the type of the scale.
///
/// In a layer list `RMSNormalization(..)`, whose arguments are explained in `kseq::layers::RMSNormalization`.
pub struct RMSNormalization<S> {
    axes: &'static [isize],
    epsilon: f32,
    scale: PhantomData<fn() -> S>,
}

impl<S> RMSNormalization<S> {
    /// The layer.
    #[must_use]
    pub const fn new(axes: &'static [isize], epsilon: f32) -> Self {
        RMSNormalization {
            axes,
            epsilon,
            scale: PhantomData,
        }
    }

    fn lengths(&self, shape: Shape) -> Lengths {
        let groups = Groups::of(shape, self.axes);
        Lengths {
            divisor: groups.values as f32,
            epsilon: self.epsilon,
            most: f32::INFINITY,
            groups,
        }
    }
}

params! {
    /// The parameters of an [`RMSNormalization`].
    pub struct RMSNormalizationParams<S> {
        /// The sizes of the axes
        pub scale: S,
    }
}

/// The shape rule: the output is as the input, which must have the axes. As in Keras the scale is multiplied along the last
/// axes, so the sizes of the others that are named must be theirs.
pub const fn shape(input: Shape, axes: &[isize]) -> Rule {
    if let Err(refusal) = same(input, "RMSNormalization") {
        return Err(refusal);
    }
    if let Some(refusal) = axis::known("RMSNormalization", input, axes) {
        return Err(refusal);
    }
    let sizes = axis::sizes(input, axes);
    let mut i = 0;
    while i < sizes.rank() {
        let last = input.rank() + i - sizes.rank();
        if let Some(refusal) = axis::open("RMSNormalization", input, last) {
            return Err(refusal);
        }
        if sizes.dim(i) != input.dim(last) {
            let what = Text::new()
                .str("RMSNormalization has a scale of shape ")
                .text(&sizes.text())
                .str(", which is multiplied along the last axes of its input ")
                .text(&super::rules::with_batch(input));
            let help = "leave axis out for the last one, or put a Permute before and behind it";
            return Err(Refusal::new(what, help).then(input));
        }
        i += 1;
    }
    Ok(input)
}

/// The shape of the scale; empty where the rule refuses.
#[must_use]
pub const fn weight(input: Shape, axes: &[isize]) -> Shape {
    match shape(input, axes) {
        Ok(input) => axis::sizes(input, axes),
        Err(_) => Shape::new(&[0]),
    }
}

impl<S: ParamField, T: Tensor<Elem = f32>> Layer<T, T> for RMSNormalization<S> {
    type Params = RMSNormalizationParams<S>;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    /// As Keras's, which says nothing of masks.
    const MASK: Mask = Mask::Drops;
    /// Each sample's share of the gradient of the scale.
    const SCRATCH: usize = <S as Tensor>::LEN;
    const INFER_SCRATCH: usize = 0;
    const NEEDS: Needs = Needs {
        scratch: PerStep::sample(<S as Tensor>::LEN),
        ..Needs::by_step(0, 0, 0)
    };
    const MACS: usize = T::LEN;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, _: &mut Rng) {
        p.scale.as_f32s_mut().fill(1.0);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[T], y: &mut [T], cx: &mut Ctx<'_>) {
        let lengths = self.lengths(cx.input_shape::<T>());
        lengths.infer(T::flat(x), T::flat_mut(y), p.scale.as_f32s(), cx.pool);
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, T, T>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let lengths = self.lengths(cx.input_shape::<T>());
        let (x, dy) = (T::flat(pass.x), T::flat(pass.dy));
        if cx.trains() {
            let (len, n) = (lengths.groups.sample, <S as Tensor>::LEN);
            let shares = part_mut(cx.scratch, 0, x.len() / len.max(1) * n);
            for_samples(cx.pool, shares, n, len, |i, share| {
                let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
                share.fill(0.0);
                scale_share(x, dy, share, &lengths);
            });
            let dscale = dp.scale.as_f32s_mut();
            dscale.fill(0.0);
            if !shares.is_empty() {
                add_parts(shares, n);
                copy(dscale, part(shares, 0, n));
            }
        }
        if let Some(dx) = pass.dx {
            lengths.back((x, dy), T::flat_mut(dx), p.scale.as_f32s(), cx.pool);
        }
    }
}

impl<S: ParamField, T: Tensor<Elem = f32>> Fusion<T, T> for RMSNormalization<S> {
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const STREAMING: Streaming = by_step::<Self, T, T>();
    const REPEATS: bool = true;
}

/// What is divided by its length, and how the length is taken.
pub(super) struct Lengths {
    pub groups: Groups,
    /// The length is the root of the sum of squares divided by this,
    pub divisor: f32,
    /// plus this.
    pub epsilon: f32,
    /// What is multiplied by instead is at most this.
    pub most: f32,
}

impl Lengths {
    pub fn infer(&self, x: &[f32], y: &mut [f32], scale: &[f32], pool: &Pool) {
        let len = self.groups.sample;
        for_samples(pool, y, len, len, |i, y| {
            normalise(part(x, i * len, len), y, scale, self);
        });
    }

    pub fn back(&self, (x, dy): (&[f32], &[f32]), dx: &mut [f32], scale: &[f32], pool: &Pool) {
        let len = self.groups.sample;
        for_samples(pool, dx, len, len, |i, dx| {
            let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
            copy(dx, dy);
            back(x, dx, scale, self);
        });
    }

    /// What a group is multiplied by; `x` begins with it.
    #[inline(always)]
    fn root(&self, x: &[f32]) -> f32 {
        let g = &self.groups;
        let squares = if g.are_rows() {
            let x = part(x, 0, g.values);
            sum(x, x, |x, _| x * x)
        } else {
            (0..g.values)
                .map(|k| value(x, g.value(k)))
                .map(|x| x * x)
                .sum()
        };
        let root = 1.0 / math::sqrt(squares / self.divisor + self.epsilon);
        if root > self.most { self.most } else { root }
    }
}

simd_fn! {
    fn normalise(x: &[f32], y: &mut [f32], scale: &[f32], lengths: &Lengths) {
        let g = &lengths.groups;
        for group in 0..g.count() {
            let start = g.start(group);
            let (x, y) = (from(x, start), from_mut(y, start));
            let root = lengths.root(x);
            if g.are_rows() {
                part_mut(y, 0, g.values).iter_mut().zip(x).for_each(|(y, x)| *y = x * root);
            } else {
                for k in 0..g.values {
                    let at = g.value(k);
                    set(y, at, value(x, at) * root);
                }
            }
        }
        for y in rows_mut(y, scale.len()) {
            y.iter_mut().zip(scale).for_each(|(y, scale)| *y *= scale);
        }
    }
}

simd_fn! {
    /// `dx` holds the gradient of the output, and gets that of the input.
    fn back(x: &[f32], dx: &mut [f32], scale: &[f32], lengths: &Lengths) {
        for dx in rows_mut(dx, scale.len()) {
            dx.iter_mut().zip(scale).for_each(|(dx, scale)| *dx *= scale);
        }
        let g = &lengths.groups;
        for group in 0..g.count() {
            let start = g.start(group);
            let (x, dx) = (from(x, start), from_mut(dx, start));
            let root = lengths.root(x);
            // Where the length is not seen, it has no gradient.
            let factor = if root < lengths.most { root * root / lengths.divisor } else { 0.0 };
            if g.are_rows() {
                let (x, dx) = (part(x, 0, g.values), part_mut(dx, 0, g.values));
                let moved = sum(dx, x, |dx, x| dx * x) * factor;
                dx.iter_mut().zip(x).for_each(|(dx, x)| *dx = (*dx - x * moved) * root);
            } else {
                let places = || (0..g.values).map(|k| g.value(k));
                let moved = places().map(|at| value(dx, at) * value(x, at)).sum::<f32>() * factor;
                for at in places() {
                    set(dx, at, (value(dx, at) - value(x, at) * moved) * root);
                }
            }
        }
    }
}

simd_fn! {
    /// Adds a sample's `dy x / length` to the gradient of the scale.
    fn scale_share(x: &[f32], dy: &[f32], share: &mut [f32], lengths: &Lengths) {
        let (g, n) = (&lengths.groups, share.len().max(1));
        for group in 0..g.count() {
            let start = g.start(group);
            let root = lengths.root(from(x, start));
            if g.are_rows() && n == g.values {
                let (x, dy) = (from(x, start), from(dy, start));
                for ((share, x), dy) in share.iter_mut().zip(x).zip(dy) {
                    *share += dy * (x * root);
                }
            } else {
                for at in (0..g.values).map(|k| start + g.value(k)) {
                    let sum = value(share, at % n) + value(dy, at) * (value(x, at) * root);
                    set(share, at % n, sum);
                }
            }
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn which_axes() {
        let refused = |dims: &[usize], axes: &[isize]| shape(Shape::new(dims), axes).is_err();
        assert!(!refused(&[4, 5], &[-1]) && !refused(&[4, 5], &[1, 2]));
        assert!(refused(&[4, 5], &[1]) && refused(&[4, 5], &[0]) && refused(&[4, 5], &[]));
        // Keras multiplies such a scale along the last axis.
        assert!(!refused(&[5, 5], &[1]));
        assert_eq!(weight(Shape::new(&[3, 4, 5]), &[3, 2]), Shape::new(&[4, 5]));
    }
}
