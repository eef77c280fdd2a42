//! `Activation("glu")`: `y = a s(b)` with the sigmoid s, where a and b are the halves of the last axis. For users:
//! `docs/layers/Activation.md`.
//!
//! Dauphin, Fan, Auli, Grangier: "Language modeling with gated convolutional networks" (2017).
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::Glu;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let (mut y, mut cx) = ([[0.0; 2]], Ctx::new(&Pool::Serial, 0, 0));
//! Glu.infer(&NoParams, &NoParams, &[[3.0, 4.0, 0.0, 0.0]], &mut y, &mut cx);
//! assert_eq!(y, [[1.5, 2.0]]);
//! ```

use super::rules::same;
use crate::base::part::{part, rows, rows_mut, split, split_mut};
use crate::facts::{Mask, Reads, SampleWise, Streaming};
use crate::fusion::{Fusion, by_step};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{Backward, Ctx, Layer};
use crate::math;
use crate::params::NoParams;
use crate::pool::rows_of;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// A gated linear unit: the only activation that changes the shape.
#[derive(Default)]
pub struct Glu;

impl Glu {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Glu
    }
}

/// The shape rule: half of the last axis, whose size is even.
pub const fn shape(input: Shape) -> Rule {
    if let Err(refusal) = same(input, "Activation") {
        return Err(refusal);
    }
    if let Some(refusal) = super::rules::open_features("glu", "", input) {
        return Err(refusal);
    }
    if input.last().is_multiple_of(2) {
        return Ok(input.with_last(input.last() / 2));
    }
    let what = Text::new()
        .str("glu multiplies one half of the features by a function of the other, found ")
        .num(input.last())
        .str(" of them");
    Err(Refusal::new(
        what,
        "give the layer before an even number of units",
    ))
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Layer<In, Out> for Glu {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;

    fn infer(&self, _: &NoParams, _: &NoParams, x: &[In], y: &mut [Out], cx: &mut Ctx<'_>) {
        let (x, half) = (In::flat(x), Out::SHAPE.last());
        let len = rows_of(half);
        cx.pool.for_each_chunk(Out::flat_mut(y), len, |i, y| {
            forward(part(x, 2 * i * len, 2 * y.len()), y, half);
        });
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, In, Out>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let (x, dy, half) = (In::flat(pass.x), Out::flat(pass.dy), Out::SHAPE.last());
        let len = rows_of(half);
        cx.pool.for_each_chunk(In::flat_mut(dx), 2 * len, |i, dx| {
            let dy = part(dy, i * len, dx.len() / 2);
            back(part(x, 2 * i * len, dx.len()), dy, dx, half);
        });
    }
}

impl<In: Tensor<Elem = f32>, Out: Tensor<Elem = f32>> Fusion<In, Out> for Glu {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const STREAMING: Streaming = by_step::<Self, In, Out>();
}

simd_fn! {
    fn forward(x: &[f32], y: &mut [f32], half: usize) {
        for (x, y) in rows(x, 2 * half).zip(rows_mut(y, half)) {
            let (a, b) = split(x, half);
            for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                *y = a * math::sigmoid_in::<FMA>(*b);
            }
        }
    }
}

simd_fn! {
    fn back(x: &[f32], dy: &[f32], dx: &mut [f32], half: usize) {
        for ((x, dy), dx) in rows(x, 2 * half).zip(rows(dy, half)).zip(rows_mut(dx, 2 * half)) {
            let ((a, b), (da, db)) = (split(x, half), split_mut(dx, half));
            for ((((da, db), a), b), dy) in da.iter_mut().zip(db).zip(a).zip(b).zip(dy) {
                let s = math::sigmoid_in::<FMA>(*b);
                *da = dy * s;
                *db = dy * a * (s * (1.0 - s));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_features() {
        assert!(shape(Shape::new(&[3, 8])).is_ok_and(|y| y == Shape::new(&[3, 4])));
        assert!(shape(Shape::new(&[3, 7])).is_err() && shape(Shape::tokens(&[4])).is_err());
    }
}
