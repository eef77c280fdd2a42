//! `Dropout`: in training each value is 0 with probability `rate`, and else divided by `1 - rate`. For users:
//! `docs/layers/Dropout.md`.
//!
//! The mask comes from the counter-based generator, so the backward pass computes it again instead of storing it, and it
//! does not depend on the number of threads.
//!
//! ```
//! use kseq_core::layer::{Ctx, InPlace};
//! use kseq_core::layers::Dropout;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [1.0; 1000];
//! let cx = Ctx::new(&Pool::Serial, 7, 0);
//! let dropout = Dropout::new(0.2);
//! dropout.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
//! assert!(y.iter().all(|&v| v == 0.0 || v == 1.25));
//! let dropped = y.iter().filter(|&&v| v == 0.0).count();
//! assert!((150..250).contains(&dropped));
//! ```

use super::noise;
use super::rules::same;
use crate::facts::{Mask, Reads, SampleWise};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::scale;
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::pool::GRAIN;
use crate::rng::Rng;
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// Sets values to 0 at random while training.
///
/// In a layer list `Dropout(..)`, whose arguments are explained in `kseq::layers::Dropout`.
pub struct Dropout {
    rate: f32,
    seed: Option<u64>,
}

impl Dropout {
    /// The layer with the probability of a 0.
    #[must_use]
    pub const fn new(rate: f32) -> Self {
        Dropout { rate, seed: None }
    }

    /// The same with random numbers of its own, whatever the model's seed.
    #[must_use]
    pub const fn seed(self, seed: u64) -> Self {
        Dropout {
            seed: Some(seed),
            ..self
        }
    }

    /// Multiplies `values` by the mask of this layer and step.
    pub(super) fn mask(&self, values: &mut [f32], cx: &Ctx<'_>) {
        if self.rate <= 0.0 || !cx.training {
            return;
        }
        let (rng, (first, _)) = (noise::rng(self.seed, cx), cx.place(values.len()));
        let (threshold, scale) = (noise::threshold(self.rate), 1.0 / (1.0 - self.rate));
        cx.pool.for_each_chunk(values, GRAIN, |i, values| {
            mask(values, &rng, first + i * GRAIN, threshold, scale);
        });
    }
}

simd_fn! {
    fn mask(values: &mut [f32], rng: &Rng, first: usize, threshold: u32, scale: f32) {
        noise::each(values, rng, first, threshold, |v, kept| if kept { v * scale } else { 0.0 });
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "Dropout")
}

/// The rule of `rate`: at least 0 and less than 1.
#[must_use]
pub const fn rate_rule(rate: f32) -> Option<Refusal> {
    if rate >= 0.0 && rate < 1.0 {
        return None;
    }
    let what = Text::new().str("rate must be at least 0 and less than 1, found ");
    let help = "rate is the share of values set to 0: 0.2 drops one in five";
    Some(Refusal::new(what.float(rate), help))
}

impl InPlace for Dropout {
    type Params = NoParams;
    type State = NoParams;
    const READS_OUTPUT: Reads = Reads::Nothing;
    const MASK: Mask = Mask::Keeps;
    const SAMPLE_WISE: SampleWise = SampleWise::Inference;
    const POINTWISE: bool = true;
    const RISES: bool = true;
    const KEEPS_SIGN: bool = true;

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
        if !pass.positive {
            return self.mask(pass.dy, cx);
        }
        // What was dropped is 0 in `y`, so its gradient is dropped next.
        if self.rate > 0.0 && cx.training {
            let factor = 1.0 / (1.0 - self.rate);
            cx.pool
                .for_each_chunk(pass.dy, GRAIN, |_, dy| scale(factor, dy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::noise::VALUES;
    use crate::pool::Pool;
    use crate::rng::GROUP;

    fn drop(rate: f32, step: u64, training: bool) -> [f32; 1000] {
        let mut y = [1.0; 1000];
        let mut cx = Ctx::new(&Pool::Serial, 7, step);
        cx.training = training;
        Dropout::new(rate).forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
        y
    }

    #[test]
    fn the_mean_is_kept_and_each_step_drops_others() {
        for rate in [0.1, 0.5, 0.9] {
            let y = drop(rate, 0, true);
            let mean = y.iter().sum::<f32>() / 1000.0;
            assert!((mean - 1.0).abs() < 0.3, "rate {rate}: mean {mean}");
            assert_ne!(y, drop(rate, 1, true));
            assert_eq!(y, drop(rate, 0, true));
        }
    }

    /// With a seed of its own neither the model's seed counts nor the layer's place.
    #[test]
    fn a_seed_of_its_own() {
        let of = |seed: u64, layer: u32, dropout: Dropout| {
            let (mut y, mut cx) = ([1.0; 300], Ctx::new(&Pool::Serial, seed, 5));
            cx.layer = layer;
            dropout.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
            y
        };
        assert_ne!(of(1, 0, Dropout::new(0.5)), of(2, 0, Dropout::new(0.5)));
        assert_ne!(of(1, 0, Dropout::new(0.5)), of(1, 1, Dropout::new(0.5)));
        let first = of(1, 0, Dropout::new(0.5).seed(7));
        assert_eq!(first, of(2, 3, Dropout::new(0.5).seed(7)));
        assert_ne!(first, of(1, 0, Dropout::new(0.5).seed(8)));
    }

    #[test]
    fn nothing_happens_outside_training_or_at_rate_0() {
        assert_eq!(drop(0.5, 0, false), [1.0; 1000]);
        assert_eq!(drop(0.0, 0, true), [1.0; 1000]);
    }

    /// Half of a word is as random as the other.
    #[test]
    fn both_halves_drop_their_share() {
        let rate = 0.3;
        let cx = Ctx::new(&Pool::Serial, 3, 0);
        let mut y = [1.0; 200 * VALUES];
        Dropout::new(rate).mask(&mut y, &cx);
        for half in 0..2 {
            let values = y.chunks_exact(GROUP).skip(half).step_by(2);
            let dropped = values.flatten().filter(|&&v| v == 0.0).count();
            let share = dropped as f32 / (200 * GROUP) as f32;
            assert!((share - rate).abs() < 0.02, "half {half}: {share}");
        }
    }

    /// `relu` behind it, backwards: gradients with the mask and without it are the same.
    #[test]
    fn what_relu_drops_need_no_mask() {
        use crate::activations::Act;
        let x: [f32; 1000] = core::array::from_fn(|i| (i as f32 * 0.7).sin());
        let (mut y, dropout) = (x, Dropout::new(0.4));
        let cx = Ctx::new(&Pool::Serial, 3, 0);
        Act::Relu.forward(&mut y, 10);
        dropout.forward_in_place(&NoParams, &mut NoParams, &mut y, &mut [], 10, &cx);
        let [with, without] = [false, true].map(|positive| {
            let mut dy = x.map(|x| x + 2.0);
            let pass = BackwardInPlace {
                y: &y,
                cache: &[],
                dy: &mut dy,
                positive,
                width: 10,
            };
            dropout.backward_in_place(&NoParams, pass, &mut NoParams, &cx);
            Act::Relu.backward(&y, &[], &mut dy, 10);
            dy
        });
        assert_eq!(with, without);
    }

    #[test]
    fn rates_from_0_to_below_1() {
        for rate in [0.0, 0.5, 0.999] {
            assert!(rate_rule(rate).is_none());
        }
        for rate in [1.0, 1.5, -0.1, f32::NAN, f32::INFINITY] {
            assert!(rate_rule(rate).is_some());
        }
    }
}
