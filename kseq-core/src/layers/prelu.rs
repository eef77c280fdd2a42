//! `PReLU`: `y = x` where `x > 0`, else `alpha x`, with a slope `alpha` that is learnt. For users: `docs/layers/PReLU.md`.
//!
//! ```
//! use kseq_core::initializers::Initializer;
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::{PReLU, PReLUParams};
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let layer = PReLU::<[f32; 3]>::new(Initializer::ZEROS);
//! let p = PReLUParams { alpha: [0.5, 0.25, 9.0] };
//! let (mut y, mut cx) = ([[9.0; 3]], Ctx::new(&Pool::Serial, 0, 0));
//! layer.infer(&p, &NoParams, &[[-2.0, -4.0, 1.5]], &mut y, &mut cx);
//! assert_eq!(y, [[-1.0, -1.0, 1.5]]);
//! ```

use core::marker::PhantomData;

use super::axis;
use super::rules::same;
use crate::base::part::{part, part_mut};
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::initializers::{Fans, Initializer};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer, Needs, PerStep};
use crate::params::{NoParams, ParamField, params};
use crate::pool::for_samples;
use crate::rng::Rng;
use crate::shape::{MAX_RANK, Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// A rectifier whose slope on the negative side is learnt; `A` is the type of the slopes: `[f32; 10]`.
///
/// In a layer list `PReLU(..)`, whose arguments are explained in `kseq::layers::PReLU`.
pub struct PReLU<A> {
    alpha_initializer: Initializer,
    alpha: PhantomData<fn() -> A>,
}

impl<A> PReLU<A> {
    /// The layer with its initializer (Keras's default: `Zeros`).
    #[must_use]
    pub const fn new(alpha_initializer: Initializer) -> Self {
        PReLU {
            alpha_initializer,
            alpha: PhantomData,
        }
    }
}

params! {
    /// The parameters of a [`PReLU`].
    pub struct PReLUParams<A> {
        /// As a sample, with 1 in place of each shared axis
        pub alpha: A,
    }
}

/// The shape rule: the output is as the input, which must have the shared axes.
pub const fn shape(input: Shape, shared_axes: &[isize]) -> Rule {
    if let Err(refusal) = same(input, "PReLU") {
        return Err(refusal);
    }
    let mut i = 0;
    while i < shared_axes.len() {
        let at = shared_axes[i];
        if at < 1 || at as usize > input.rank() {
            let what = Text::new().str("shared_axes names axis ");
            let what = axis::signed(what, at).str(", but the input ");
            let what = what.text(&input.text()).str(" has the axes 1 to ");
            let what = what.num(input.rank());
            let help = "axes count from 1, the batch is not among them: `(1, 2)` shares alpha over height and width";
            return Err(Refusal::new(what, help).then(input));
        }
        i += 1;
    }
    let mut at = 0;
    while at < input.rank() {
        if input.is_open(at) && !names(shared_axes, at) {
            return Err(open(input, at));
        }
        at += 1;
    }
    Ok(input)
}

/// Whether an axis, from 0, is shared.
const fn names(shared_axes: &[isize], axis: usize) -> bool {
    let mut i = 0;
    while i < shared_axes.len() {
        if shared_axes[i] == axis as isize + 1 {
            return true;
        }
        i += 1;
    }
    false
}

/// Refuses an axis of any length that is not shared.
const fn open(input: Shape, at: usize) -> Refusal {
    let what = Text::new()
        .str("PReLU has a value of alpha for each element, but axis ")
        .num(at + 1)
        .str(" of its input ")
        .text(&input.text())
        .str(" is of any length (`None`)");
    let help = match input.open_axes() {
        1 => "share alpha over it: shared_axes = (1,)",
        _ => "share alpha over height and width: shared_axes = (1, 2)",
    };
    Refusal::new(what, help).then(input)
}

/// The shape of alpha; empty where the rule refuses.
#[must_use]
pub const fn weight(input: Shape, shared_axes: &[isize]) -> Shape {
    if shape(input, shared_axes).is_err() {
        return Shape::new(&[0]);
    }
    let mut dims = [0; MAX_RANK];
    let mut at = 0;
    while at < input.rank() {
        dims[at] = input.dim(at);
        at += 1;
    }
    let mut i = 0;
    while i < shared_axes.len() {
        dims[shared_axes[i] as usize - 1] = 1;
        i += 1;
    }
    Shape::new(dims.split_at(input.rank()).0)
}

impl<A: ParamField, T: Tensor<Elem = f32>> Layer<T, T> for PReLU<A> {
    type Params = PReLUParams<A>;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    /// Each sample's share of the gradient of alpha.
    const SCRATCH: usize = <A as Tensor>::LEN;
    const INFER_SCRATCH: usize = 0;
    const NEEDS: Needs = Needs {
        scratch: PerStep::sample(<A as Tensor>::LEN),
        ..Needs::by_step(0, 0, 0)
    };
    const MACS: usize = T::LEN;

    fn init(&self, p: &mut Self::Params, _: &mut NoParams, rng: &mut Rng) {
        let fans = Fans::of(A::SHAPE);
        self.alpha_initializer
            .fill(p.alpha.as_f32s_mut(), fans, rng);
    }

    fn infer(&self, p: &Self::Params, _: &NoParams, x: &[T], y: &mut [T], cx: &mut Ctx<'_>) {
        let shape = cx.input_shape::<T>();
        let (rows, alpha) = (Rows::of(shape, A::SHAPE), p.alpha.as_f32s());
        let (x, len) = (T::flat(x), shape.len().unwrap_or(0));
        for_samples(cx.pool, T::flat_mut(y), len, len, |i, y| {
            let x = part(x, i * len, len);
            rows.each(|[row, len], [slopes, n]| {
                slope(
                    part(x, row, len),
                    part(alpha, slopes, n),
                    part_mut(y, row, len),
                );
            });
        });
    }

    fn backward(
        &self,
        p: &Self::Params,
        pass: Backward<'_, T, T>,
        dp: &mut Self::Params,
        cx: &mut Ctx<'_>,
    ) {
        let shape = cx.input_shape::<T>();
        let (rows, alpha) = (Rows::of(shape, A::SHAPE), p.alpha.as_f32s());
        let len = shape.len().unwrap_or(0);
        let (x, dy) = (T::flat(pass.x), T::flat(pass.dy));
        if cx.trains() {
            let shares = part_mut(cx.scratch, 0, x.len() / len.max(1) * alpha.len());
            for_samples(cx.pool, shares, alpha.len(), len, |i, share| {
                let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
                share.fill(0.0);
                rows.each(|[row, len], [slopes, n]| {
                    let (x, dy) = (part(x, row, len), part(dy, row, len));
                    add_share(x, dy, part_mut(share, slopes, n));
                });
            });
            let dalpha = dp.alpha.as_f32s_mut();
            dalpha.fill(0.0);
            for share in shares.chunks_exact(alpha.len().max(1)) {
                for (sum, share) in dalpha.iter_mut().zip(share) {
                    *sum += share;
                }
            }
        }
        let Some(dx) = pass.dx else { return };
        for_samples(cx.pool, T::flat_mut(dx), len, len, |i, dx| {
            let (x, dy) = (part(x, i * len, len), part(dy, i * len, len));
            rows.each(|[row, len], [slopes, n]| {
                let (x, dy) = (part(x, row, len), part(dy, row, len));
                slope_back(x, dy, part(alpha, slopes, n), part_mut(dx, row, len));
            });
        });
    }
}

impl<A: ParamField, T: Tensor<Elem = f32>> Fusion<T, T> for PReLU<A> {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const STREAMING: Streaming = by_step::<Self, T, T>();
}

/// The rows of a sample, and which slopes belong to each: as many as it has values, or one for all of them.
struct Rows {
    /// The axes before the last one.
    axes: [Axis; MAX_RANK],
    count: usize,
    len: usize,
    slopes: usize,
}

/// An axis of a sample, and how far apart the slopes of its places are: 0 if they share them.
#[derive(Clone, Copy)]
struct Axis {
    size: usize,
    stride: usize,
}

impl Rows {
    fn of(sample: Shape, alpha: Shape) -> Rows {
        let last = sample.rank().saturating_sub(1);
        let (len, slopes) = (sample.dim(last), alpha.dim(last));
        let mut axes = [Axis { size: 1, stride: 0 }; MAX_RANK];
        let (mut count, mut stride) = (1, slopes);
        for (axis, place) in axes.iter_mut().enumerate().take(last).rev() {
            let shared = alpha.dim(axis) == 1;
            *place = Axis {
                size: sample.dim(axis),
                stride: if shared { 0 } else { stride },
            };
            count *= sample.dim(axis);
            stride *= alpha.dim(axis);
        }
        Rows {
            axes,
            count,
            len,
            slopes,
        }
    }

    /// Calls `f` with the place and the number of each row's values, and of their slopes.
    #[inline(always)]
    fn each(&self, mut f: impl FnMut([usize; 2], [usize; 2])) {
        for row in 0..self.count {
            let (mut rest, mut first) = (row, 0);
            for Axis { size, stride } in self.axes.iter().rev() {
                // Of an axis without places there is no row.
                let size = (*size).max(1);
                first += rest % size * stride;
                rest /= size;
            }
            f([row * self.len, self.len], [first, self.slopes]);
        }
    }
}

/// The slope of all values of a row, if they share one.
#[inline(always)]
fn shared(slopes: &[f32]) -> Option<f32> {
    match slopes {
        [one] => Some(*one),
        _ => None,
    }
}

simd_fn! {
    fn slope(x: &[f32], alpha: &[f32], y: &mut [f32]) {
        if let Some(alpha) = shared(alpha) {
            for (x, y) in x.iter().zip(y) {
                *y = if *x > 0.0 { *x } else { alpha * x };
            }
            return;
        }
        for ((x, y), alpha) in x.iter().zip(y).zip(alpha) {
            *y = if *x > 0.0 { *x } else { alpha * x };
        }
    }
}

simd_fn! {
    /// The gradient of the slopes of a row.
    fn add_share(x: &[f32], dy: &[f32], dalpha: &mut [f32]) {
        if let [one] = dalpha {
            let mut sum = 0.0;
            for (x, dy) in x.iter().zip(dy) {
                sum += if *x > 0.0 { 0.0 } else { x * dy };
            }
            *one += sum;
            return;
        }
        for ((x, dy), sum) in x.iter().zip(dy).zip(dalpha) {
            *sum += if *x > 0.0 { 0.0 } else { x * dy };
        }
    }
}

simd_fn! {
    fn slope_back(x: &[f32], dy: &[f32], alpha: &[f32], dx: &mut [f32]) {
        let back = |x: f32, dy: f32, alpha: f32| {
            let slope = if x > 0.0 { 1.0 } else { alpha };
            if x == 0.0 { 0.0 } else { slope * dy }
        };
        let values = x.iter().zip(dy).zip(dx);
        if let Some(alpha) = shared(alpha) {
            for ((x, dy), dx) in values {
                *dx = back(*x, *dy, alpha);
            }
            return;
        }
        for (((x, dy), dx), alpha) in values.zip(alpha) {
            *dx = back(*x, *dy, *alpha);
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn the_rule() {
        let input = Shape::new(&[5, 4, 3]);
        assert!(shape(input, &[]).is_ok_and(|output| output.same(&input)));
        assert_eq!(weight(input, &[1, 2]).text().as_str(), "(1, 1, 3)");
        assert!(shape(Shape::tokens(&[3]), &[]).is_err());
        for wrong in [0, -1, 4] {
            assert!(shape(input, &[wrong]).is_err(), "{wrong}");
        }
    }

    /// Which slope each value has, for all ways of sharing.
    #[test]
    fn slopes_of_values() {
        let sample = Shape::new(&[2, 2, 3]);
        let all = |axes: &[isize]| {
            let mut found = [usize::MAX; 12];
            let rows = Rows::of(sample, weight(sample, axes));
            rows.each(|[row, len], [slopes, n]| {
                for i in 0..len {
                    found[row + i] = slopes + if n == 1 { 0 } else { i };
                }
            });
            found
        };
        assert_eq!(all(&[]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(all(&[1]), [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
        assert_eq!(all(&[2]), [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]);
        assert_eq!(all(&[3]), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
        assert_eq!(all(&[1, 2]), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
        assert_eq!(all(&[1, 2, 3]), [0; 12]);
    }
}
