//! `ThresholdedReLU`: `y = x` where `x > theta`, else 0. For users: `docs/layers/ThresholdedReLU.md`.
//!
//! ```
//! use kseq_core::layer::{Ctx, Layer};
//! use kseq_core::layers::ThresholdedReLU;
//! use kseq_core::{params::NoParams, pool::Pool};
//!
//! let mut y = [[9.0; 3]];
//! let mut cx = Ctx::new(&Pool::Serial, 0, 0);
//! ThresholdedReLU::new(1.0).infer(&NoParams, &NoParams, &[[-3.0, 1.0, 1.5]], &mut y, &mut cx);
//! assert_eq!(y, [[0.0, 0.0, 1.5]]);
//! ```

use super::rules::same;
use crate::facts::{Mask, Reads, SampleWise};
use crate::kernels::dispatch::simd_fn;
use crate::layer::{BackwardInPlace, Ctx, InPlace};
use crate::params::NoParams;
use crate::pool::GRAIN;
use crate::shape::{Refusal, Rule, Shape};
use crate::text::Text;

/// Lets through what is above a threshold.
///
/// In a layer list `ThresholdedReLU(..)`, whose arguments are explained in `kseq::layers::ThresholdedReLU`.
pub struct ThresholdedReLU {
    theta: f32,
}

impl ThresholdedReLU {
    /// The layer with its threshold.
    #[must_use]
    pub const fn new(theta: f32) -> Self {
        ThresholdedReLU { theta }
    }
}

/// The shape rule: the output is as the input.
pub const fn shape(input: Shape) -> Rule {
    same(input, "ThresholdedReLU")
}

/// The rule of `theta`: finite and not negative.
#[must_use]
pub const fn theta_rule(theta: f32) -> Option<Refusal> {
    if theta.is_finite() && theta >= 0.0 {
        return None;
    }
    let what = Text::new().str("theta must be finite and not negative, found ");
    let help = "theta is the value up to which the output is 0";
    Some(Refusal::new(what.float(theta), help))
}

impl InPlace for ThresholdedReLU {
    type Params = NoParams;
    type State = NoParams;
    /// What was let through is above a threshold that is not negative.
    const READS_OUTPUT: Reads = Reads::Positive;
    const MASK: Mask = Mask::Keeps;
    const SAMPLE_WISE: SampleWise = SampleWise::Always;
    const POINTWISE: bool = true;
    const RISES: bool = true;

    fn infer_in_place(&self, _: &NoParams, _: &NoParams, y: &mut [f32], _: usize, cx: &Ctx<'_>) {
        cx.pool.for_each_chunk(y, GRAIN, |_, y| cut(y, self.theta));
    }

    fn backward_in_place(
        &self,
        _: &NoParams,
        pass: BackwardInPlace<'_>,
        _: &mut NoParams,
        cx: &Ctx<'_>,
    ) {
        cx.pool.for_each_chunk(pass.dy, GRAIN, |i, dy| {
            cut_back(&pass.y[i * GRAIN..][..dy.len()], dy);
        });
    }
}

simd_fn! {
    /// NaN stays.
    fn cut(y: &mut [f32], theta: f32) {
        for y in y {
            *y = if *y <= theta { 0.0 } else { *y };
        }
    }
}

simd_fn! {
    fn cut_back(y: &[f32], dy: &mut [f32]) {
        for (y, dy) in y.iter().zip(dy) {
            *dy = if *y > 0.0 { *dy } else { 0.0 };
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::layers::testing::{back, forward};

    #[test]
    fn forward_and_back() {
        let (layer, x) = (ThresholdedReLU::new(1.0), [-2.0, 1.0, 1.5, 7.0]);
        assert_eq!(
            forward::<_, [f32; 4], [f32; 4]>(&layer, &x),
            [0.0, 0.0, 1.5, 7.0]
        );
        let dx = back::<_, [f32; 4], [f32; 4]>(&layer, &x, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(dx, [0.0, 0.0, 3.0, 4.0]);
        let y = forward::<_, [f32; 1], [f32; 1]>(&layer, &[f32::NAN]);
        assert!(y[0].is_nan());
    }

    #[test]
    fn what_is_refused() {
        assert!(shape(Shape::tokens(&[3])).is_err());
        assert!(theta_rule(0.0).is_none() && theta_rule(1.0).is_none());
        assert!(theta_rule(-0.5).is_some() && theta_rule(f32::NAN).is_some());
    }
}
