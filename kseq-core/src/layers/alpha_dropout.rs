//! `AlphaDropout`: in training each value becomes the one that `selu` approaches, with probability `rate`; then all are
//! scaled and shifted, so that mean 0 and variance 1 stay. For users: `docs/layers/AlphaDropout.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::AlphaDropout;
//! use kseq_core::{params::NoParams, pool::Pool, shape::Shape};
//!
//! let mut y: [f32; 1000] = core::array::from_fn(|i| if i % 2 == 0 { 1.0 } else { -1.0 });
//! let cx = Ctx::new(&Pool::Serial, 7, 0);
//! let layer = AlphaDropout::new(0.2, Shape::new(&[10]));
//! layer.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
//! let mean = y.iter().sum::<f32>() / 1000.0;
//! let variance = y.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / 1000.0;
//! assert!(mean.abs() < 0.1 && (variance - 1.0).abs() < 0.1);
//! ```

use super::noise;
use super::rules::same;
use super::shared_dropout::SharedDropout;
use crate::facts::{Mask, Reads, SampleWise};
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::math;
use crate::params::NoParams;
use crate::shape::{Refusal, Rule, Shape};

/// Sets values to what `selu` approaches at random while training.
///
/// In a layer list `AlphaDropout(..)`, whose arguments are explained in `kseq::layers::AlphaDropout`.
pub struct AlphaDropout {
    rate: f32,
    dropout: SharedDropout,
}

impl AlphaDropout {
    /// The layer for samples of this shape, with the random numbers of the model.
    #[must_use]
    pub const fn new(rate: f32, shape: Shape) -> Self {
        AlphaDropout {
            rate,
            dropout: SharedDropout::each(rate, shape),
        }
    }

    /// With a `noise_shape`.
    #[must_use]
    pub const fn of(rate: f32, shape: Shape, noise_shape: &[Option<usize>]) -> Self {
        AlphaDropout {
            rate,
            dropout: SharedDropout::of(rate, shape, noise_shape),
        }
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        AlphaDropout {
            dropout: self.dropout.seed(seed),
            ..self
        }
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "AlphaDropout")
}

/// The same with a `noise_shape`.
pub const fn noise_shape(input: Shape, noise_shape: &[Option<usize>]) -> Rule {
    noise::noise_shape(shape(input), noise_shape)
}

/// The rule of `rate`: at least 0 and less than 1.
#[must_use]
pub const fn rate_rule(rate: f32) -> Option<Refusal> {
    super::dropout::rate_rule(rate)
}

/// What `selu` approaches: minus its scale times its alpha.
const LEAST: f32 = -1.758_099_3;

impl InPlace for AlphaDropout {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const POINTWISE: bool = true;
    const RISES: bool = true;

    fn infer_in_place(&self, _: &NoParams, _: &NoParams, _: &mut [f32], _: usize, _: &Ctx<'_>) {}

    fn forward_in_place(
        &self,
        _: &NoParams,
        _: &mut NoParams,
        y: &mut [f32],
        _: &mut [f32],
        _: usize,
        cx: &Ctx<'_>,
    ) {
        if self.rate > 0.0 && cx.training {
            let factor = factor(self.rate);
            let shift = -factor * LEAST * self.rate;
            let put = [factor, shift, factor * LEAST + shift];
            self.dropout.mask(y, put, cx);
        }
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        pass: BackwardInPlace<'_>,
        _: &mut NoParams,
        cx: &Ctx<'_>,
    ) {
        if self.rate > 0.0 && cx.training {
            let put = [factor(self.rate), 0.0, 0.0];
            self.dropout.mask(pass.dy, put, cx);
        }
    }
}

/// What the values are multiplied by, so that their variance stays.
fn factor(rate: f32) -> f32 {
    1.0 / math::sqrt((1.0 - rate) * (1.0 + rate * LEAST * LEAST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;

    #[test]
    fn kept_or_what_selu_approaches() {
        let (rate, cx) = (0.25, Ctx::new(&Pool::Serial, 7, 2));
        let layer = AlphaDropout::new(rate, Shape::new(&[10, 100]));
        let (mut y, mut dy) = ([2.0; 3000], [1.0; 3000]);
        layer.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 100, &cx);
        let pass = BackwardInPlace {
            y: &y,
            cache: &[],
            dy: &mut dy,
            positive: false,
            width: 100,
        };
        layer.backward_in_place(&NoParams, pass, &mut NoParams, &cx);
        // As Keras computes them.
        let a = ((1.0 - rate) * (1.0 + rate * LEAST * LEAST)).powf(-0.5);
        let b = -a * LEAST * rate;
        let mut dropped = 0;
        for (y, dy) in y.iter().zip(dy) {
            let (want, gradient) = match dy {
                0.0 => (a * LEAST + b, 0.0),
                _ => (a * 2.0 + b, a),
            };
            dropped += usize::from(dy == 0.0);
            assert!(
                (y - want).abs() < 1e-5 && (dy - gradient).abs() < 1e-6,
                "{y} {dy}"
            );
        }
        assert!((0.2..0.3).contains(&(dropped as f32 / 3000.0)), "{dropped}");
    }

    #[test]
    fn what_is_refused() {
        assert!(shape(Shape::tokens(&[3])).is_err());
        assert!(noise_shape(Shape::new(&[4, 5]), &[None, Some(1), None]).is_ok());
        assert!(noise_shape(Shape::new(&[4, 5]), &[None, Some(2), None]).is_err());
        assert!(rate_rule(0.5).is_none() && rate_rule(1.0).is_some());
    }
}
