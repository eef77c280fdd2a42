//! `Cropping1D`, `Cropping2D`, `Cropping3D`: the middle of the sample. For users: `docs/layers/Cropping2D.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::Cropping1D;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[[9.0; 1]; 2]];
//! let layer = Cropping1D::new([[1, 0]]);
//! let x = [[[1.0], [2.0], [3.0]]];
//! layer.infer(&NoParams, &NoParams, &x, &mut y, &mut Ctx::new(&Pool::Serial, 0, 0));
//! assert_eq!(y, [[[2.0], [3.0]]]);
//! ```

use super::frame::{self, Frame};
use super::rules::expects;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Cuts steps off both ends of a sequence.
///
/// In a layer list `Cropping1D(..)`, whose arguments are explained in `kseq::layers::Cropping1D`.
pub type Cropping1D = Cropping<1>;

/// Cuts rows and columns off an image.
///
/// In a layer list `Cropping2D(..)`, whose arguments are explained in `kseq::layers::Cropping2D`.
pub type Cropping2D = Cropping<2>;

/// Cuts planes, rows and columns off a volume.
///
/// In a layer list `Cropping3D(..)`, whose arguments are explained in `kseq::layers::Cropping3D`.
pub type Cropping3D = Cropping<3>;

/// The layer over `N` axes.
pub struct Cropping<const N: usize> {
    before: [usize; N],
}

impl<const N: usize> Cropping<N> {
    /// The layer with a pair for each axis: how many before and behind.
    #[must_use]
    pub const fn new(cropping: [[usize; 2]; N]) -> Self {
        let (mut before, mut i) = ([0; N], 0);
        while i < N {
            before[i] = cropping[i][0];
            i += 1;
        }
        Cropping { before }
    }
}

/// The shape rule: `cropping` has a pair (before, behind) for each axis, 1 to 3; something must remain.
pub const fn shape(input: Shape, cropping: &[[usize; 2]]) -> Rule {
    if let Some(refusal) = expects("Cropping", input, cropping.len()) {
        return Err(refusal);
    }
    let mut output = input;
    let mut i = 0;
    while i < cropping.len() {
        let [before, behind] = cropping[i];
        match input.dim(i).saturating_sub(before).saturating_sub(behind) {
            _ if input.is_open(i) => {}
            0 => {
                let what = Text::new()
                    .str("cropping ")
                    .text(&frame::text(cropping))
                    .str(" leaves nothing of its input ")
                    .text(&input.text());
                return Err(Refusal::new(what, "crop less than the size of each axis"));
            }
            size => output = output.with_dim(i, size),
        }
        i += 1;
    }
    Ok(output)
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out>
    for Cropping<N>
{
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let frame = Frame::new(
            cx.output_shape::<Out>(),
            cx.input_shape::<In>(),
            self.before,
        );
        frame.cut(In::flat(x), Out::flat_mut(y), cx.pool);
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
            cx.output_shape::<Out>(),
            cx.input_shape::<In>(),
            self.before,
        );
        frame.pad(Out::flat(pass.dy), In::flat_mut(dx), cx.pool);
    }
}

impl<const N: usize, In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out>
    for Cropping<N>
{
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn an_image_out_of_its_frame() {
        type In = [[[f32; 1]; 3]; 4];
        type Out = [[[f32; 1]; 2]; 2];
        let layer = Cropping2D::new([[1, 1], [0, 1]]);
        let x: [f32; 12] = core::array::from_fn(|i| i as f32);
        assert_eq!(forward::<_, In, Out>(&layer, &x), [3.0, 4.0, 6.0, 7.0]);
        let dx = back::<_, In, Out>(&layer, &x, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(dx, [0., 0., 0., 1., 2., 0., 3., 4., 0., 0., 0., 0.]);
        let rule = shape(Shape::new(&[4, 3, 1]), &[[1, 1], [0, 1]]);
        assert!(rule.is_ok_and(|shape| shape.same(&Out::SHAPE)));
        assert!(shape(Shape::new(&[4, 3, 1]), &[[2, 2], [0, 1]]).is_err());
    }
}
