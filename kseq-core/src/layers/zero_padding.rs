//! `ZeroPadding1D`, `ZeroPadding2D`, `ZeroPadding3D`: zeros around the sample. For users: `docs/layers/ZeroPadding2D.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::ZeroPadding1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[[9.0; 1]; 4]];
//! let layer = ZeroPadding1D::new([[2, 0]]);
//! layer.infer(&NoParams, &NoParams, &[[[1.0], [2.0]]], &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[0.0], [0.0], [1.0], [2.0]]]);
//! ```

use super::frame::{self, Frame};
use super::rules::{expects, fits};
use crate::base::operator::Operator;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Zeros before and behind a sequence.
///
/// In a layer list `ZeroPadding1D(..)`, whose arguments are explained in `kseq::layers::ZeroPadding1D`.
pub type ZeroPadding1D = ZeroPadding<1>;

/// Zeros around an image.
///
/// In a layer list `ZeroPadding2D(..)`, whose arguments are explained in `kseq::layers::ZeroPadding2D`.
pub type ZeroPadding2D = ZeroPadding<2>;

/// Zeros around a volume.
///
/// In a layer list `ZeroPadding3D(..)`, whose arguments are explained in `kseq::layers::ZeroPadding3D`.
pub type ZeroPadding3D = ZeroPadding<3>;

/// The layer over `N` axes.
pub struct ZeroPadding<const N: usize> {
    before: [usize; N],
}

impl<const N: usize> ZeroPadding<N> {
    /// The layer with a pair for each axis: how many before and behind.
    #[must_use]
    pub const fn new(padding: [[usize; 2]; N]) -> Self {
        let (mut before, mut i) = ([0; N], 0);
        while i < N {
            before[i] = padding[i][0];
            i += 1;
        }
        ZeroPadding { before }
    }

    /// What it is in integers.
    #[must_use]
    pub const fn int8<In: Tensor, Out: Tensor>(&self) -> Operator {
        Operator::padding(In::SHAPE, Out::SHAPE, &self.before)
    }
}

/// The shape rule: `padding` has a pair (before, behind) for each axis, 1 to 3.
pub const fn shape(input: Shape, padding: &[[usize; 2]]) -> Rule {
    if let Some(refusal) = expects("ZeroPadding", input, padding.len()) {
        return Err(refusal);
    }
    let mut output = input;
    let mut i = 0;
    while i < padding.len() {
        let [before, behind] = padding[i];
        let size = if input.is_open(i) { 0 } else { input.dim(i) };
        let padded = size.saturating_add(before).saturating_add(behind);
        if !fits(&Shape::new(&[padded])) {
            return Err(too_large(padding));
        }
        if !input.is_open(i) {
            output = output.with_dim(i, padded);
        }
        i += 1;
    }
    Ok(output)
}

const fn too_large(padding: &[[usize; 2]]) -> Refusal {
    let what = Text::new().str("padding ").text(&frame::text(padding));
    let what = what.str(" is larger than the address space");
    Refusal::new(what, "use smaller sizes")
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
    for ZeroPadding<N>
{
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let frame = Frame::new(
            cx.input_shape::<In>(),
            cx.output_shape::<Out>(),
            self.before,
        );
        frame.pad(In::flat(x), Out::flat_mut(y), cx.pool);
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let frame = Frame::new(
            cx.input_shape::<In>(),
            cx.output_shape::<Out>(),
            self.before,
        );
        frame.cut(Out::flat(pass.dy), In::flat_mut(dx), cx.pool);
    }
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
    for ZeroPadding<N>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn an_image_in_a_frame() {
        type In = [[[f32; 1]; 2]; 2];
        type Out = [[[f32; 1]; 3]; 4];
        let layer = ZeroPadding2D::new([[1, 1], [0, 1]]);
        let y = forward::<_, In, Out>(&layer, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(y, [0., 0., 0., 1., 2., 0., 3., 4., 0., 0., 0., 0.]);
        let dy: [f32; 12] = core::array::from_fn(|i| i as f32);
        assert_eq!(
            back::<_, In, Out>(&layer, &[0.0; 4], &dy),
            [3.0, 4.0, 6.0, 7.0]
        );
        let rule = shape(Shape::new(&[2, 2, 1]), &[[1, 1], [0, 1]]);
        assert!(rule.is_ok_and(|shape| shape.same(&Out::SHAPE)));
        assert!(shape(Shape::new(&[2, 2, 1]), &[[1, usize::MAX], [0, 1]]).is_err());
    }
}
