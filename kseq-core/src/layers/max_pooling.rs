//! `MaxPooling1D`, `MaxPooling2D`, `MaxPooling3D`: the largest value of each window. For users: `docs/layers/MaxPooling2D.md`.
//!
//! The gradient goes to the first largest value of a window, row by row, as TensorFlow does on a CPU. The backward pass
//! finds it again in the input, which is there anyway: that needs no memory, and lets a following `Dropout` work in place. A window
//! with NaN gives NaN, and the gradient goes there.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::MaxPooling1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let layer = MaxPooling1D::new([2], [2]);
//! let x: [[[f32; 1]; 5]; 1] = [[[1.0], [3.0], [2.0], [-1.0], [9.0]]];
//! let mut y: [[[f32; 1]; 2]; 1] = [[[0.0]; 2]];
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[3.0], [2.0]]]);
//! ```

use core::ops::Range;

use super::pooling::{self, Windows};
use crate::base::operator::Operator;
use crate::facts::{Reads, SampleWise, Stage, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::kernels::walk::{Memory, Walk};
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::Pool;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// The largest value of each window of a sequence.
///
/// In a layer list `MaxPooling1D(..)`, whose arguments are explained in `kseq::layers::MaxPooling1D`.
pub type MaxPooling1D = MaxPooling<1>;

/// The largest value of each window of an image.
///
/// In a layer list `MaxPooling2D(..)`, whose arguments are explained in `kseq::layers::MaxPooling2D`.
pub type MaxPooling2D = MaxPooling<2>;

/// The largest value of each window of a volume.
///
/// In a layer list `MaxPooling3D(..)`, whose arguments are explained in `kseq::layers::MaxPooling3D`.
pub type MaxPooling3D = MaxPooling<3>;

/// The layer over `N` axes.
pub struct MaxPooling<const N: usize> {
    pool_size: [usize; 3],
    strides: [usize; 3],
}

impl<const N: usize> MaxPooling<N> {
    /// The layer with its window and its steps: (depth, height, width), or the last ones of them.
    #[must_use]
    pub const fn new(pool_size: [usize; N], strides: [usize; N]) -> Self {
        MaxPooling {
            pool_size: pooling::of_three(pool_size),
            strides: pooling::of_three(strides),
        }
    }

    fn windows_at<In: Tensor, Out: Tensor>(&self, cx: &Ctx<'_>) -> Windows {
        let (input, output) = (cx.input_shape::<In>(), cx.output_shape::<Out>());
        Windows::new(input, output, self.pool_size, self.strides)
    }

    /// How it works on single steps: over sequences, and if its windows are not padded.
    #[must_use]
    pub const fn streaming<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>>(
        &self,
        padded: bool,
    ) -> Streaming {
        if N != 1 || padded {
            return Streaming::NEVER;
        }
        let each = by_step::<Self, In, Out>();
        pooling::streaming(self.reach(), self.strides[2], In::LEN, each)
    }

    /// What an output sees in the order of time.
    #[must_use]
    pub const fn reach(&self) -> usize {
        self.pool_size[2]
    }

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator {
        match N {
            3 => Operator::Refused("a pooling over a volume has no int8 operator"),
            _ => Operator::pooling(&self.walk::<In, Out>()),
        }
    }

    /// How it goes over a sample.
    #[must_use]
    pub const fn walk<In: Tensor, Out: Tensor>(&self) -> Walk {
        Windows::new(In::SHAPE, Out::SHAPE, self.pool_size, self.strides).walk(false)
    }
}

/// The shape rule, for as many axes as `pool_size` has: 1 to 3; `same` is `padding = "same"`.
pub const fn shape(input: Shape, pool_size: &[usize], strides: &[usize], same: bool) -> Rule {
    pooling::shape("MaxPooling", input, pool_size, strides, same)
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
    for MaxPooling<N>
{
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let w = self.windows_at::<In, Out>(cx);
        pooling::max(In::flat(x), Out::flat_mut(y), &w, cx.pool);
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let w = self.windows_at::<In, Out>(cx);
        let (x, dy) = (In::flat(pass.x), Out::flat(pass.dy));
        pooling::max_back(x, dy, In::flat_mut(dx), &w, cx.pool);
    }
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
    for MaxPooling<N>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const STAGE: Stage = if N < 3 { Stage::Through } else { Stage::None };
    const POOLS: bool = N < 3;

    #[inline(always)]
    fn infer_walk(&self, _: &NoParams, memory: Memory<'_>, walk: &Walk, backwards: bool) {
        pooling::infer_walk(&memory, walk, backwards);
    }

    fn stream(
        &self,
        _: &NoParams,
        _: &NoParams,
        x: &[In],
        state: &mut [f32],
        y: &mut [Out],
        cx: &mut Ctx<'_>,
    ) -> bool {
        let (x, y) = (In::flat(x), Out::flat_mut(y));
        let windows = [self.pool_size, self.strides];
        pooling::stream(x, state, y, windows, pooling::max, cx.pool)
    }

    fn infer_part(
        &self,
        _: &NoParams,
        x: &[In],
        y: &mut [Out],
        part: Range<usize>,
        cx: &mut Ctx<'_>,
    ) -> Range<usize> {
        let w = self.windows_at::<In, Out>(cx);
        w.part(In::flat(x), Out::flat_mut(y), part, |x, y, w| {
            pooling::max(x, y, w, &Pool::Serial);
        })
    }

    fn windows(&self, cx: &Ctx<'_>) -> Option<Windows> {
        Some(self.windows_at::<In, Out>(cx))
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    type Image = [[[f32; 1]; 3]; 3];
    type Pooled = [[[f32; 1]; 2]; 2];
    const X: [[f32; 3]; 3] = [[1.0, 4.0, 4.0], [2.0, 0.0, 5.0], [5.0, 5.0, 5.0]];

    #[test]
    fn the_first_maximum_gets_the_gradient_of_overlapping_windows() {
        let layer = MaxPooling2D::new([2, 2], [1, 1]);
        let y = forward::<_, Image, Pooled>(&layer, X.as_flattened());
        assert_eq!(y, [4.0, 5.0, 5.0, 5.0]);
        let dx = back::<_, Image, Pooled>(&layer, X.as_flattened(), &[1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(dx, [0.0, 1.0, 0.0, 0.0, 0.0, 1010.0, 100.0, 0.0, 0.0]);
    }

    #[test]
    fn same_pads_with_nothing() {
        let layer = MaxPooling2D::new([2, 2], [2, 2]);
        let negative: [f32; 9] = core::array::from_fn(|i| -1.0 - i as f32);
        let y = forward::<_, Image, Pooled>(&layer, &negative);
        assert_eq!(y, [-1.0, -3.0, -7.0, -9.0]);
    }

    #[test]
    fn every_number_of_channels() {
        fn check<const C: usize>() {
            let layer = MaxPooling1D::new([3], [2]);
            let x: std::vec::Vec<f32> = (0..7 * C).map(|i| (i * 7919 % 101) as f32).collect();
            let y = forward::<_, [[f32; C]; 7], [[f32; C]; 3]>(&layer, &x);
            for (i, y) in y.iter().enumerate() {
                let (window, c) = (i / C, i % C);
                let values = (0..3).map(|k| x[(2 * window + k) * C + c]);
                assert_eq!(*y, values.fold(f32::NEG_INFINITY, f32::max));
            }
        }
        check::<1>();
        check::<7>();
        check::<33>();
        check::<61>();
    }

    #[test]
    fn sizes_of_the_output() {
        let dims = |size, pool, stride, same| {
            let rule = shape(Shape::new(&[size, 1]), &[pool], &[stride], same);
            rule.map_or(0, |shape| shape.dim(0))
        };
        assert_eq!(dims(9, 2, 2, false), 4);
        assert_eq!(dims(9, 2, 2, true), 5);
        assert_eq!(dims(3, 3, 7, false), 1);
        assert_eq!(dims(3, 4, 1, false), 0);
        assert_eq!(dims(3, usize::MAX, usize::MAX, true), 1);
        assert_eq!(dims(3, 0, 1, false), 0);
        assert_eq!(dims(3, 1, 0, true), 0);
    }
}
