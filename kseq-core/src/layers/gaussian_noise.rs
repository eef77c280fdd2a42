//! `GaussianNoise`: in training normal numbers are added to the values. For users: `docs/layers/GaussianNoise.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::GaussianNoise;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [1.0; 1000];
//! let cx = Ctx::new(&Pool::Serial, 7, 0);
//! GaussianNoise::new(0.5).forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
//! let mean = y.iter().sum::<f32>() / 1000.0;
//! let variance = y.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / 1000.0;
//! assert!((mean - 1.0).abs() < 0.05 && (variance - 0.25).abs() < 0.03);
//! ```

use super::noise;
use super::rules::same;
use crate::facts::{Mask, Reads, SampleWise};
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// Adds normal numbers while training.
///
/// In a layer list `GaussianNoise(..)`, whose arguments are explained in `kseq::layers::GaussianNoise`.
pub struct GaussianNoise {
    stddev: f32,
    seed: Option<u64>,
}

impl GaussianNoise {
    /// The layer, with the random numbers of the model.
    #[must_use]
    pub const fn new(stddev: f32) -> Self {
        GaussianNoise { stddev, seed: None }
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        GaussianNoise {
            seed: Some(seed),
            ..self
        }
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "GaussianNoise")
}

/// The rule of `stddev`: from 0 to 1.
#[must_use]
pub const fn stddev_rule(stddev: f32) -> Option<Refusal> {
    if stddev >= 0.0 && stddev <= 1.0 {
        return None;
    }
    let what = Text::new().str("stddev must be from 0 to 1, found ");
    let help = "stddev is the standard deviation of what is added; larger values are for a Rescaling or a \
                BatchNormalization first";
    Some(Refusal::new(what.float(stddev), help))
}

impl InPlace for GaussianNoise {
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
        if self.stddev > 0.0 && cx.training {
            noise::add(y, self.stddev, self.seed, cx);
        }
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        _: BackwardInPlace<'_>,
        _: &mut NoParams,
        _: &Ctx<'_>,
    ) {
        // Of what is added nothing depends on the input.
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;

    #[test]
    fn each_step_adds_others_and_only_in_training() {
        let of = |step: u64, training: bool, layer: GaussianNoise| {
            let (mut y, mut cx) = ([0.0; 200], Ctx::new(&Pool::Serial, 7, step));
            cx.training = training;
            layer.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
            y
        };
        assert_eq!(of(0, false, GaussianNoise::new(0.5)), [0.0; 200]);
        assert_eq!(of(0, true, GaussianNoise::new(0.0)), [0.0; 200]);
        assert_ne!(
            of(0, true, GaussianNoise::new(0.5)),
            of(1, true, GaussianNoise::new(0.5))
        );
        assert_eq!(
            of(3, true, GaussianNoise::new(0.5)),
            of(3, true, GaussianNoise::new(0.5))
        );
        assert_ne!(
            of(3, true, GaussianNoise::new(0.5)),
            of(3, true, GaussianNoise::new(0.5).seed(1))
        );
    }

    #[test]
    fn what_is_refused() {
        assert!(shape(Shape::tokens(&[3])).is_err());
        assert!(stddev_rule(0.0).is_none() && stddev_rule(1.0).is_none());
        assert!(stddev_rule(-0.5).is_some() && stddev_rule(f32::NAN).is_some());
    }
}
