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

use super::rules::same;
use crate::facts::{Mask, Reads, SampleWise};
use crate::kernels::dispatch::simd_fn;
use crate::kernels::elementwise::scale;
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::pool::GRAIN;
use crate::rng::{GROUP, Rng};
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// Sets values to 0 at random while training.
///
/// In a layer list `Dropout(..)`, whose arguments are explained in `kseq::layers::Dropout`.
pub struct Dropout {
    rate: f32,
}

impl Dropout {
    /// The layer with the probability of a 0.
    #[must_use]
    pub const fn new(rate: f32) -> Self {
        Dropout { rate }
    }

    /// Multiplies `values` by the mask of this layer and step.
    pub(super) fn mask(&self, values: &mut [f32], cx: &Ctx<'_>) {
        if self.rate <= 0.0 || !cx.training {
            return;
        }
        let rng = cx.noise();
        let (threshold, scale) = (threshold(self.rate), 1.0 / (1.0 - self.rate));
        cx.pool.for_each_chunk(values, GRAIN, |i, values| {
            let first = (i * (GRAIN / (2 * GROUP))) as u32;
            mask(values, &rng, first, threshold, scale);
        });
    }
}

/// A value is kept if its 16 random bits are at least this: half of a word, since the generator takes longer than all the
/// rest. A rate is met to 2^-17, and one above 0 drops something.
fn threshold(rate: f32) -> u32 {
    ((rate * 65_536.0 + 0.5) as u32).clamp(1, 65_535)
}

/// The values of one group of random words: two each, from its lower and its upper half.
const VALUES: usize = 2 * GROUP;

simd_fn! {
    fn mask(values: &mut [f32], rng: &Rng, first: u32, threshold: u32, scale: f32) {
        // A group of known length: without a rest, element by element, and branches on random bits.
        let (groups, rest) = values.as_chunks_mut::<VALUES>();
        let last = first.wrapping_add(groups.len() as u32);
        for (group, values) in groups.iter_mut().enumerate() {
            let bits = rng.group(first.wrapping_add(group as u32));
            let (low, high) = values.split_at_mut(GROUP);
            for (v, bits) in low.iter_mut().zip(bits) {
                *v = if bits & 0xffff >= threshold { *v * scale } else { 0.0 };
            }
            for (v, bits) in high.iter_mut().zip(bits) {
                *v = if bits >> 16 >= threshold { *v * scale } else { 0.0 };
            }
        }
        if !rest.is_empty() {
            let bits = rng.group(last);
            let low = bits.iter().map(|bits| bits & 0xffff);
            let high = bits.iter().map(|bits| bits >> 16);
            for (v, bits) in rest.iter_mut().zip(low.chain(high)) {
                *v = if bits >= threshold { *v * scale } else { 0.0 };
            }
        }
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
    use crate::pool::Pool;

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
