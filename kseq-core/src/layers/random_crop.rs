//! `RandomCrop`: in training the same part of all images of a batch, another one in each step. For users:
//! `docs/layers/RandomCrop.md`.
//!
//! Outside training, and of images that are not larger, it is what [`Resizing`] with `crop_to_aspect_ratio` makes of them.

use super::noise::rng;
use super::resizing::{self, Fit, Interpolation, Resizing};
use crate::base::part::{copy, part, part_mut, rows, rows_mut};
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer, Needs};
use crate::params::NoParams;
use crate::pool::for_samples;
use crate::shape::{Rule, Shape};
use crate::tensor::Tensor;

/// Cuts a part out of images, which the output's shape says the size of.
///
/// In a layer list `RandomCrop(..)`, whose arguments are explained in `kseq::layers::RandomCrop`.
pub struct RandomCrop {
    whole: Resizing<1>,
    seed: Option<u64>,
}

impl RandomCrop {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        RandomCrop {
            whole: Resizing::new(Interpolation::Bilinear, false, Fit::Crop),
            seed: None,
        }
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        RandomCrop {
            whole: self.whole,
            seed: Some(seed),
        }
    }

    /// The first row and column of the part, if there is one to choose.
    fn corner(&self, input: Shape, output: Shape, cx: &Ctx<'_>) -> Option<[usize; 2]> {
        let over = [0, 1].map(|axis| input.dim(axis).checked_sub(output.dim(axis)));
        let [Some(rows), Some(columns)] = over else {
            return None;
        };
        if !cx.training || rows == 0 || columns == 0 {
            return None;
        }
        let mut rng = rng(self.seed, cx);
        Some([rows, columns].map(|over| rng.below(over as u32 + 1) as usize))
    }
}

impl Default for RandomCrop {
    fn default() -> Self {
        RandomCrop::new()
    }
}

/// The shape rule.
pub const fn shape(input: Shape, height: usize, width: usize) -> Rule {
    resizing::image_shape("RandomCrop", input, height, width)
}

/// Where the rows of the part begin in an image, and how long rows are before and behind.
fn lines(input: Shape, output: Shape, [row, column]: [usize; 2]) -> (usize, [usize; 2]) {
    let [long, short] = [input, output].map(|shape| shape.dim(1) * shape.dim(2));
    (row * long + column * input.last(), [long, short])
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out> for RandomCrop {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const SCRATCH: usize = <Resizing<1> as Layer<In, Out>>::SCRATCH;
    const NEEDS: Needs = <Resizing<1> as Layer<In, Out>>::NEEDS;

    fn infer(&self, p: &NoParams, s: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        self.whole.infer(p, s, x, y, cx);
    }

    fn forward(
        &self,
        p: &NoParams,
        s: &mut NoParams,
        x: &[In],
        y: &mut [Out],
        _: &mut [f32],
        cx: &mut Ctx<'_>,
    ) {
        let (input, output) = (cx.input_shape::<In>(), cx.output_shape::<Out>());
        let Some(corner) = self.corner(input, output, cx) else {
            return self.infer(p, s, x, y, cx);
        };
        let (len, out) = (input.len().unwrap_or(0), output.len().unwrap_or(0));
        let (first, [long, short]) = lines(input, output, corner);
        let x = In::flat(x);
        for_samples(cx.pool, Out::flat_mut(y), out, out, |i, y| {
            let x = part(x, i * len, len);
            for (row, y) in rows_mut(y, short).enumerate() {
                copy(y, part(x, first + row * long, short));
            }
        });
    }

    fn backward(
        &self,
        p: &NoParams,
        pass: Backward<'_, In, Out>,
        dp: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let (input, output) = (cx.input_shape::<In>(), cx.output_shape::<Out>());
        let Some(corner) = self.corner(input, output, cx) else {
            return self.whole.backward(p, pass, dp, cx);
        };
        let Some(dx) = pass.dx else { return };
        let (len, out) = (input.len().unwrap_or(0), output.len().unwrap_or(0));
        let (first, [long, short]) = lines(input, output, corner);
        let dy = Out::flat(pass.dy);
        for_samples(cx.pool, In::flat_mut(dx), len, len, |i, dx| {
            dx.fill(0.0);
            for (row, dy) in rows(part(dy, i * out, out), short).enumerate() {
                copy(part_mut(dx, first + row * long, short), dy);
            }
        });
    }
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out> for RandomCrop {
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
}
