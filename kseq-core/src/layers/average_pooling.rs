//! `AveragePooling1D`, `AveragePooling2D`, `AveragePooling3D`: the average of each window. For users: `docs/layers/AveragePooling2D.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::AveragePooling1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let layer = AveragePooling1D::new([2], [2]);
//! let x: [[[f32; 1]; 5]; 1] = [[[1.0], [3.0], [2.0], [-1.0], [9.0]]];
//! let mut y: [[[f32; 1]; 2]; 1] = [[[0.0]; 2]];
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[2.0], [0.5]]]);
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

/// The average of each window of a sequence.
///
/// In a layer list `AveragePooling1D(..)`, whose arguments are explained in `kseq::layers::AveragePooling1D`.
pub type AveragePooling1D = AveragePooling<1>;

/// The average of each window of an image.
///
/// In a layer list `AveragePooling2D(..)`, whose arguments are explained in `kseq::layers::AveragePooling2D`.
pub type AveragePooling2D = AveragePooling<2>;

/// The average of each window of a volume.
///
/// In a layer list `AveragePooling3D(..)`, whose arguments are explained in `kseq::layers::AveragePooling3D`.
pub type AveragePooling3D = AveragePooling<3>;

/// The layer over `N` axes.
pub struct AveragePooling<const N: usize> {
    pool_size: [usize; 3],
    strides: [usize; 3],
}

impl<const N: usize> AveragePooling<N> {
    /// The layer with its window and its steps: (depth, height, width), or the last ones of them.
    #[must_use]
    pub const fn new(pool_size: [usize; N], strides: [usize; N]) -> Self {
        AveragePooling {
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
        Windows::new(In::SHAPE, Out::SHAPE, self.pool_size, self.strides).walk(true)
    }
}

/// The shape rule, for as many axes as `pool_size` has: 1 to 3; `same` is `padding = "same"`.
pub const fn shape(input: Shape, pool_size: &[usize], strides: &[usize], same: bool) -> Rule {
    pooling::shape("AveragePooling", input, pool_size, strides, same)
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
    for AveragePooling<N>
{
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let w = self.windows_at::<In, Out>(cx);
        pooling::average(In::flat(x), Out::flat_mut(y), &w, cx.pool);
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
        pooling::average_back(Out::flat(pass.dy), In::flat_mut(dx), &w, cx.pool);
    }
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
    for AveragePooling<N>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const STAGE: Stage = if N < 3 { Stage::Through } else { Stage::None };

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
        pooling::stream(x, state, y, windows, pooling::average, cx.pool)
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
            pooling::average(x, y, w, &Pool::Serial);
        })
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    type Image = [[[f32; 1]; 3]; 3];
    type Pooled = [[[f32; 1]; 2]; 2];
    const X: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    #[test]
    fn same_counts_real_elements() {
        let layer = AveragePooling2D::new([2, 2], [2, 2]);
        let y = forward::<_, Image, Pooled>(&layer, &X);
        assert_eq!(y, [3.0, 4.5, 7.5, 9.0]);
        let dx = back::<_, Image, Pooled>(&layer, &X, &[4.0, 2.0, 6.0, 1.0]);
        assert_eq!(dx, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 1.0]);
    }

    #[test]
    fn overlapping_windows_add_up() {
        let layer = AveragePooling1D::new([2], [1]);
        let y = forward::<_, [[f32; 1]; 3], [[f32; 1]; 2]>(&layer, &[1.0, 3.0, 6.0]);
        assert_eq!(y, [2.0, 4.5]);
        let dx = back::<_, [[f32; 1]; 3], [[f32; 1]; 2]>(&layer, &[0.0; 3], &[2.0, 4.0]);
        assert_eq!(dx, [1.0, 3.0, 2.0]);
    }
}
