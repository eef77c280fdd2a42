//! `RepeatVector`: the vector `n` times, as a sequence. For users: `docs/layers/RepeatVector.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::RepeatVector;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[[0.0; 2]; 3]];
//! let cx = &mut Ctx::new(&Pool::Serial, 0, 0);
//! RepeatVector::new().infer(&NoParams, &NoParams, &[[1.0, 2.0]], &mut y, cx);
//! assert_eq!(y, [[[1.0, 2.0]; 3]]);
//! ```

use super::rules::{open_features, same};
use crate::base::part::part;
use crate::facts::{Reads, SampleWise};
use crate::fusion::Fusion;
use crate::layer::{Backward, Ctx, Layer};
use crate::params::NoParams;
use crate::pool::for_samples;
use crate::shape::{Refusal, Rule, Shape};
use crate::tensor::Tensor;
use crate::text::Text;

/// Repeats a vector; how often, the output's shape says.
///
/// In a layer list `RepeatVector(..)`, whose arguments are explained in `kseq::layers::RepeatVector`.
#[derive(Default)]
pub struct RepeatVector;

impl RepeatVector {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        RepeatVector
    }
}

/// The shape rule: a vector, at least once.
pub const fn shape(input: Shape, n: usize) -> Rule {
    if let Err(refusal) = same(input, "RepeatVector") {
        return Err(refusal);
    }
    if input.rank() != 1 {
        let what = Text::new()
            .str("RepeatVector expects ndim=2 (batch, features), found ndim=")
            .num(input.rank() + 1)
            .str(", full shape received: ")
            .text(&super::rules::with_batch(input));
        let help = match input.open_axes() {
            0 => "give it one vector: put a Flatten, or a global pooling, before it",
            _ => {
                "give it one vector: put a global pooling before it, or leave return_sequences out"
            }
        };
        return Err(Refusal::new(what, help));
    }
    if let Some(refusal) = open_features("RepeatVector", "", input) {
        return Err(refusal);
    }
    if n == 0 {
        let what = Text::new().str("n must be a positive integer, found 0");
        return Err(Refusal::new(what, "give the number of steps"));
    }
    Ok(Shape::new(&[n, input.last()]))
}

impl<const N: usize, const F: usize> Layer<[f32; F], [[f32; F]; N]> for RepeatVector {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;

    fn infer(
        &self,
        _: &NoParams,
        _: &NoParams,
        x: &[[f32; F]],
        y: &mut [[[f32; F]; N]],
        _: &mut Ctx<'_>,
    ) {
        for (x, y) in x.iter().zip(y) {
            y.fill(*x);
        }
    }

    fn backward(
        &self,
        _: &NoParams,
        pass: Backward<'_, [f32; F], [[f32; F]; N]>,
        _: &mut NoParams,
        cx: &mut Ctx<'_>,
    ) {
        let Some(dx) = pass.dx else { return };
        let dy = <[[f32; F]; N]>::flat(pass.dy);
        for_samples(cx.pool, dx.as_flattened_mut(), F, N * F, |i, dx| {
            sum(part(dy, i * N * F, N * F), dx);
        });
    }
}

impl<const N: usize, const F: usize> Fusion<[f32; F], [[f32; F]; N]> for RepeatVector {
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
}

/// The sum of all vectors of `dy`, from the first to the last.
fn sum(dy: &[f32], dx: &mut [f32]) {
    dx.fill(0.0);
    for dy in dy.chunks_exact(dx.len().max(1)) {
        for (dx, dy) in dx.iter_mut().zip(dy) {
            *dx += dy;
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::back;

    #[test]
    fn gradients_add_up() {
        let dy = [1.0, 2.0, 10.0, 20.0, 100.0, 200.0];
        let dx = back::<_, [f32; 2], [[f32; 2]; 3]>(&RepeatVector, &[0.0; 2], &dy);
        assert_eq!(dx, [111.0, 222.0]);
    }
}
