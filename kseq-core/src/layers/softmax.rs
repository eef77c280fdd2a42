//! `Softmax`: `y_i = e^x_i / sum_j e^x_j` over any axes. (Over the last one the macro takes the activation, with which a loss
//! fuses.) For users: `docs/layers/Softmax.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::Softmax;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[[0.0; 2]; 2]];
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0);
//! Softmax::new(&[1]).infer(&NoParams, &NoParams, &[[[1.0, 7.0], [1.0, 7.0]]], &mut y, &mut cx);
//! assert_eq!(y, [[[0.5, 0.5], [0.5, 0.5]]]);
//! ```

use super::axis::{self, Groups};
use super::rules::same;
use crate::activations::Act;
use crate::base::part::{copy, from, from_mut, part, set, value};
use crate::facts::{Mask, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::math;
use crate::params::NoParams;
use crate::pool::for_samples;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// Makes probabilities of all values along some axes.
///
/// In a layer list `Softmax(..)`, whose arguments are explained in `kseq::layers::Softmax`.
pub struct Softmax {
    axes: &'static [isize],
}

impl Softmax {
    /// The layer with its axes.
    #[must_use]
    pub const fn new(axes: &'static [isize]) -> Self {
        Softmax { axes }
    }
}

/// The shape rule: the output is as the input, which must have the axes.
pub const fn shape(input: Shape, axes: &[isize]) -> Rule {
    if let Err(refusal) = same(input, "Softmax") {
        return Err(refusal);
    }
    match axis::known("Softmax", input, axes) {
        Some(refusal) => Err(refusal),
        None => Ok(input),
    }
}

impl<T: Tensor<Elem = f32>> Layer<T, T> for Softmax {
    type Params = NoParams;
    type State = NoParams;
    const MASK: Mask = Mask::Keeps;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[T], y: &mut [T], cx: &mut Ctx<'_>) {
        let groups = Groups::of(cx.input_shape::<T>(), self.axes);
        let (x, len) = (T::flat(x), groups.sample);
        for_samples(cx.pool, T::flat_mut(y), len, len, |i, y| {
            copy(y, part(x, i * len, len));
            if groups.are_rows() {
                return Act::Softmax.forward(y, groups.values);
            }
            for group in 0..groups.count() {
                forward(from_mut(y, groups.start(group)), &groups);
            }
        });
    }

    fn backward(&self, _: &NoParams, pass: Backward<'_, T, T>, _: &mut NoParams, cx: &mut Ctx<'_>) {
        let Some(dx) = pass.dx else { return };
        let groups = Groups::of(cx.input_shape::<T>(), self.axes);
        let (y, dy, len) = (T::flat(pass.y), T::flat(pass.dy), groups.sample);
        for_samples(cx.pool, T::flat_mut(dx), len, len, |i, dx| {
            copy(dx, part(dy, i * len, len));
            let y = part(y, i * len, len);
            if groups.are_rows() {
                return Act::Softmax.backward(y, &[], dx, groups.values);
            }
            for group in 0..groups.count() {
                let start = groups.start(group);
                back(from(y, start), from_mut(dx, start), &groups);
            }
        });
    }
}

impl<T: Tensor<Elem = f32>> Fusion<T, T> for Softmax {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

/// One group, whose values are apart.
fn forward(y: &mut [f32], groups: &Groups) {
    let places = || (0..groups.values).map(|k| groups.value(k));
    let largest = places().fold(f32::NEG_INFINITY, |m, at| math::larger(m, value(y, at)));
    let mut sum = 0.0;
    for at in places() {
        let power = math::exp(value(y, at) - largest);
        sum += power;
        set(y, at, power);
    }
    for at in places() {
        set(y, at, value(y, at) / sum);
    }
}

/// The same back.
fn back(y: &[f32], dy: &mut [f32], groups: &Groups) {
    let places = || (0..groups.values).map(|k| groups.value(k));
    let mean = places().fold(0.0, |sum, at| sum + value(y, at) * value(dy, at));
    for at in places() {
        set(dy, at, value(y, at) * (value(dy, at) - mean));
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    type Image = [[[f32; 2]; 3]; 2];

    #[test]
    fn groups_sum_to_one() {
        let x: [f32; 24] = core::array::from_fn(|i| (i as f32 * 1.7).sin() * 3.0);
        for axes in [&[1][..], &[2], &[-1], &[1, 3], &[2, 1], &[1, 2, 3], &[2, 3]] {
            let layer = Softmax::new(axes);
            let y = forward::<_, Image, Image>(&layer, &x);
            let groups = Groups::of(Image::SHAPE, axes);
            for sample in y.chunks(groups.sample) {
                for group in 0..groups.count() {
                    let values = (0..groups.values).map(|k| groups.start(group) + groups.value(k));
                    let sum: f32 = values.map(|at| sample[at]).sum();
                    assert!((sum - 1.0).abs() < 1e-6, "{axes:?}: {sum}");
                }
            }
            // Nothing changes if all logits of a group do by the same.
            let dx = back::<_, Image, Image>(&layer, &x, &x);
            let total: f32 = dx.iter().sum();
            assert!(total.abs() < 1e-5, "{axes:?}: {total}");
        }
    }

    #[test]
    fn what_is_refused() {
        let input = Shape::new(&[4, 5]);
        assert!(shape(input, &[1]).is_ok() && shape(input, &[-1, 1]).is_ok());
        for axes in [&[][..], &[0], &[3], &[-3], &[1, -2]] {
            assert!(shape(input, axes).is_err(), "{axes:?}");
        }
        assert!(shape(Shape::tokens(&[3]), &[-1]).is_err());
    }
}
