//! `GaussianDropout`: in training the values are multiplied by normal numbers of mean 1 and variance `rate / (1 - rate)`. For users: `docs/layers/GaussianDropout.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::GaussianDropout;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [1.0; 1000];
//! let cx = Ctx::new(&Pool::Serial, 7, 0);
//! GaussianDropout::new(0.2).forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
//! let mean = y.iter().sum::<f32>() / 1000.0;
//! let variance = y.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / 1000.0;
//! assert!((mean - 1.0).abs() < 0.05 && (variance - 0.25).abs() < 0.03);
//! ```

use super::noise;
use super::rules::same;
use crate::facts::{Mask, Reads, SampleWise};
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::math;
use crate::params::NoParams;
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// Multiplies by normal numbers of mean 1 while training.
///
/// In a layer list `GaussianDropout(..)`, whose arguments are explained in `kseq::layers::GaussianDropout`.
pub struct GaussianDropout {
    rate: f32,
    seed: Option<u64>,
}

impl GaussianDropout {
    /// The layer, with the random numbers of the model.
    #[must_use]
    pub const fn new(rate: f32) -> Self {
        GaussianDropout { rate, seed: None }
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        GaussianDropout {
            seed: Some(seed),
            ..self
        }
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "GaussianDropout")
}

/// The rule of `rate`: at least 0 and less than 1.
#[must_use]
pub const fn rate_rule(rate: f32) -> Option<Refusal> {
    if rate >= 0.0 && rate < 1.0 {
        return None;
    }
    let what = Text::new().str("rate must be at least 0 and less than 1, found ");
    let help = "the factors have the variance rate / (1 - rate): 0.2 makes it 0.25";
    Some(Refusal::new(what.float(rate), help))
}

impl GaussianDropout {
    /// Multiplies by the numbers of this layer and step.
    fn mask(&self, values: &mut [f32], cx: &Ctx<'_>) {
        if self.rate > 0.0 && cx.training {
            let stddev = math::sqrt(self.rate / (1.0 - self.rate));
            noise::multiply(values, stddev, self.seed, cx);
        }
    }
}

impl InPlace for GaussianDropout {
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
        self.mask(y, cx);
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        pass: BackwardInPlace<'_>,
        _: &mut NoParams,
        cx: &Ctx<'_>,
    ) {
        self.mask(pass.dy, cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;

    #[test]
    fn the_gradient_is_multiplied_by_the_same() {
        let (mut y, mut dy) = ([1.0; 200], [1.0; 200]);
        let cx = Ctx::new(&Pool::Serial, 7, 2);
        let layer = GaussianDropout::new(0.3);
        layer.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
        let pass = BackwardInPlace {
            y: &y,
            cache: &[],
            dy: &mut dy,
            positive: false,
            width: 10,
        };
        layer.backward_in_place(&NoParams, pass, &mut NoParams, &cx);
        assert_eq!(y, dy);
        assert_ne!(y, [1.0; 200]);
    }

    #[test]
    fn what_is_refused() {
        assert!(shape(Shape::tokens(&[3])).is_err());
        assert!(rate_rule(0.0).is_none() && rate_rule(1.0).is_some());
    }
}
