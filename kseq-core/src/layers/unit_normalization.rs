//! `UnitNormalization`: `y = x / |x|` along some axes, each sample for itself. For users:
//! `docs/layers/UnitNormalization.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::UnitNormalization;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let (mut y, mut cx) = ([[0.0; 2]], Ctx::new(&Pool::Serial, 0, 0));
//! UnitNormalization::new(&[-1]).infer(&NoParams, &NoParams, &[[3.0, 4.0]], &mut y, &mut cx);
//! assert_eq!(y, [[0.6, 0.8]]);
//! ```

use super::axis::{self, Groups};
use super::rms_normalization::Lengths;
use super::rules::same;
use crate::facts::{Mask, Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// Divides what lies along some axes by its length.
///
/// In a layer list `UnitNormalization(..)`, whose arguments are explained in `kseq::layers::UnitNormalization`.
pub struct UnitNormalization {
    axes: &'static [isize],
}

impl UnitNormalization {
    /// The layer with its axes.
    #[must_use]
    pub const fn new(axes: &'static [isize]) -> Self {
        UnitNormalization { axes }
    }

    fn lengths(&self, shape: Shape) -> Lengths {
        Lengths {
            groups: Groups::of(shape, self.axes),
            divisor: 1.0,
            epsilon: 0.0,
            // Keras's epsilon is 1e-12: what is shorter is divided by that.
            most: 1e12,
        }
    }
}

/// The shape rule: the output is as the input, which must have the axes.
pub const fn shape(input: Shape, axes: &[isize]) -> Rule {
    if let Err(refusal) = same(input, "UnitNormalization") {
        return Err(refusal);
    }
    match axis::known("UnitNormalization", input, axes) {
        Some(refusal) => Err(refusal),
        None => Ok(input),
    }
}

impl<T: Tensor<Elem = f32>> Layer<T, T> for UnitNormalization {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[T], y: &mut [T], cx: &mut Ctx<'_>) {
        let lengths = self.lengths(cx.input_shape::<T>());
        lengths.infer(T::flat(x), T::flat_mut(y), &[], cx.pool);
    }

    fn backward(&self, _: &NoParams, pass: Backward<'_, T, T>, _: &mut NoParams, cx: &mut Ctx<'_>) {
        if let Some(dx) = pass.dx {
            let lengths = self.lengths(cx.input_shape::<T>());
            let (x, dy) = (T::flat(pass.x), T::flat(pass.dy));
            lengths.back((x, dy), T::flat_mut(dx), &[], cx.pool);
        }
    }
}

impl<T: Tensor<Elem = f32>> Fusion<T, T> for UnitNormalization {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn lengths_are_one() {
        let x: [f32; 24] = core::array::from_fn(|i| (i as f32 * 1.7).sin() * 3.0);
        type Image = [[[f32; 4]; 3]; 2];
        for axes in [&[-1][..], &[1], &[1, 2], &[2, 3], &[1, 3], &[1, 2, 3]] {
            let y = forward::<_, Image, Image>(&UnitNormalization::new(axes), &x);
            let groups = Groups::of(Image::SHAPE, axes);
            for group in 0..groups.count() {
                let values = (0..groups.values).map(|k| y[groups.start(group) + groups.value(k)]);
                let length: f32 = values.map(|y| y * y).sum();
                assert!((length - 1.0).abs() < 1e-5, "{axes:?}: {length}");
            }
        }
        let layer = UnitNormalization::new(&[-1]);
        assert_eq!(
            forward::<_, [f32; 2], [f32; 2]>(&layer, &[0.0; 2]),
            [0.0; 2]
        );
        let dx = back::<_, [f32; 2], [f32; 2]>(&layer, &[0.0; 2], &[1.0, 2.0]);
        assert_eq!(dx, [1e12, 2e12]);
        // The gradient has nothing along the input.
        let dx = back::<_, [f32; 2], [f32; 2]>(&layer, &[3.0, 4.0], &[1.0, 0.0]);
        assert!(
            (dx[0] - 0.128).abs() < 1e-6 && (dx[1] + 0.096).abs() < 1e-6,
            "{dx:?}"
        );
    }

    #[test]
    fn what_is_refused() {
        let input = Shape::new(&[4, 5]);
        assert!(shape(input, &[1]).is_ok() && shape(input, &[-1, 1]).is_ok());
        assert!(shape(input, &[0]).is_err() && shape(input, &[]).is_err());
        assert!(shape(Shape::tokens(&[3]), &[-1]).is_err());
    }
}
