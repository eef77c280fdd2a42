//! Activations with arguments: Keras's activation layers, as layers and as what another layer ends with.
//!
//! An activation is a type, so its arguments are the bits of `f32`s: `LeakyReluOf<{ 0.1_f32.to_bits() }>`. The loops take
//! them as values, and are compiled once. With the arguments of a built-in activation it is that one, for all that is
//! fused with it.

use kseq_int8::op::Function;

use super::{Act, Activation};
use crate::base::operator::Then;
use crate::facts::Reads;
use crate::kernels::dispatch::simd_fn;
use crate::kernels::fpu::{rolled, unknown_many};
use crate::math;
use crate::shape::Refusal;
use crate::text::Text;

/// `y = x` for x > 0, else `a x`, with the bits of a slope a that is not negative; derivative 1 or a.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::activations::{Activation, LeakyReluOf};
/// let mut z = [-1.0, 0.0, 2.0];
/// LeakyReluOf::<{ 0.1_f32.to_bits() }>::forward(&mut z, 3);
/// assert_eq!(z, [-0.1, 0.0, 2.0]);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct LeakyReluOf<const SLOPE: u32>;

/// `y = x` for x > 0, else `a (e^x - 1)`, with the bits of a; derivative 1, else `y + a`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::activations::{Activation, EluOf};
/// let mut z = [-1.0, 0.0, 2.0];
/// EluOf::<{ 0.5_f32.to_bits() }>::forward(&mut z, 3);
/// assert!((z[0] + 0.316_06).abs() < 1e-5 && z[1..] == [0.0, 2.0]);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct EluOf<const ALPHA: u32>;

/// `y = min(x, m)` for x above a threshold t, else `-a (t - x)`, with the bits of the largest value m (infinity for none),
/// the slope a and t, none of which is negative; derivative 1 above t and up to m, a below t, else 0.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::activations::{Activation, ReluOf};
/// let mut z = [-1.0, 0.5, 2.0, 9.0];
/// const fn bits(x: f32) -> u32 {
///     x.to_bits()
/// }
/// ReluOf::<{ bits(4.0) }, { bits(0.5) }, { bits(1.0) }>::forward(&mut z, 4);
/// assert_eq!(z, [-1.0, -0.25, 2.0, 4.0]);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct ReluOf<const MAX: u32, const SLOPE: u32, const THRESHOLD: u32>;

impl<const SLOPE: u32> LeakyReluOf<SLOPE> {
    const SLOPE: f32 = f32::from_bits(SLOPE);
}

impl<const SLOPE: u32> Activation for LeakyReluOf<SLOPE> {
    const NAME: &'static str = "leaky_relu";
    const ACT: Option<Act> = if Self::SLOPE == 0.0 {
        Some(Act::Relu)
    } else if Self::SLOPE == 0.2 {
        Some(Act::LeakyRelu)
    } else {
        None
    };
    const INT8: Then = match Self::ACT {
        Some(act) => act.int8(),
        None => Then::Function(Function::LeakyRelu(Self::SLOPE)),
    };
    const READS_OUTPUT: Reads = match Self::ACT {
        Some(Act::Relu) => Reads::Positive,
        _ => Reads::Sign,
    };
    const KEEPS_SIGN: bool = true;

    fn forward(z: &mut [f32], width: usize) {
        match Self::ACT {
            Some(act) => act.forward(z, width),
            None => leaky(z, Self::SLOPE),
        }
    }

    fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
        match Self::ACT {
            Some(act) => act.backward(y, x, dy, width),
            None => leaky_back(y, dy, Self::SLOPE),
        }
    }
}

impl<const ALPHA: u32> EluOf<ALPHA> {
    const ALPHA: f32 = f32::from_bits(ALPHA);
}

impl<const ALPHA: u32> Activation for EluOf<ALPHA> {
    const NAME: &'static str = "elu";
    const ACT: Option<Act> = if Self::ALPHA == 1.0 {
        Some(Act::Elu)
    } else {
        None
    };
    const READS_OUTPUT: Reads = if Self::KEEPS_INPUT {
        Reads::Nothing
    } else {
        Reads::Values
    };
    /// With a negative one the output does not tell on which side the input was.
    const KEEPS_INPUT: bool = Self::ALPHA < 0.0;
    const KEEPS_SIGN: bool = !Self::KEEPS_INPUT;

    fn forward(z: &mut [f32], width: usize) {
        match Self::ACT {
            Some(act) => act.forward(z, width),
            None => elu(z, Self::ALPHA),
        }
    }

    fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
        match Self::ACT {
            Some(act) => act.backward(y, x, dy, width),
            None if Self::KEEPS_INPUT => elu_back_of_input(x, dy, Self::ALPHA),
            None => elu_back(y, dy, Self::ALPHA),
        }
    }
}

impl<const MAX: u32, const SLOPE: u32, const THRESHOLD: u32> ReluOf<MAX, SLOPE, THRESHOLD> {
    const MAX: f32 = f32::from_bits(MAX);
    const SLOPE: f32 = f32::from_bits(SLOPE);
    const THRESHOLD: f32 = f32::from_bits(THRESHOLD);
    const UNBOUNDED: bool = Self::MAX == f32::INFINITY;
}

impl<const MAX: u32, const SLOPE: u32, const THRESHOLD: u32> Activation
    for ReluOf<MAX, SLOPE, THRESHOLD>
{
    const NAME: &'static str = "relu";
    const ACT: Option<Act> = if Self::THRESHOLD != 0.0 {
        None
    } else if Self::UNBOUNDED {
        LeakyReluOf::<SLOPE>::ACT
    } else if Self::SLOPE == 0.0 && Self::MAX == 6.0 {
        Some(Act::Relu6)
    } else {
        None
    };
    const INT8: Then = match Self::ACT {
        Some(act) => act.int8(),
        None if Self::UNBOUNDED && Self::THRESHOLD == 0.0 => LeakyReluOf::<SLOPE>::INT8,
        None => Then::Refused("relu with these arguments"),
    };
    const READS_OUTPUT: Reads = match Self::ACT {
        Some(Act::Relu6) => Reads::Values,
        _ if Self::KEEPS_INPUT => Reads::Nothing,
        // What was let through is above a threshold that is not negative.
        _ if Self::SLOPE == 0.0 => Reads::Positive,
        _ => Reads::Sign,
    };
    /// At the largest value the output does not tell the slope, nor with a slope at a threshold.
    const KEEPS_INPUT: bool =
        Self::ACT.is_none() && (!Self::UNBOUNDED || Self::SLOPE != 0.0 && Self::THRESHOLD != 0.0);
    const KEEPS_SIGN: bool = Self::THRESHOLD == 0.0 && Self::MAX > 0.0;

    fn forward(z: &mut [f32], width: usize) {
        match Self::ACT {
            Some(act) => act.forward(z, width),
            None => relu(z, Self::MAX, Self::SLOPE, Self::THRESHOLD),
        }
    }

    fn backward(y: &[f32], x: &[f32], dy: &mut [f32], width: usize) {
        match Self::ACT {
            Some(act) => act.backward(y, x, dy, width),
            None if Self::KEEPS_INPUT => {
                relu_back(x, dy, Self::MAX, Self::SLOPE, Self::THRESHOLD);
            }
            None => leaky_back(y, dy, Self::SLOPE),
        }
    }
}

simd_fn! {
    /// NaN stays.
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn leaky(z: &mut [f32], slope: f32) {
        for z in unknown_many(z) {
            rolled();
            *z = if *z > 0.0 { *z } else { slope * *z };
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn leaky_back(y: &[f32], dy: &mut [f32], slope: f32) {
        for (dy, y) in unknown_many(dy).iter_mut().zip(y) {
            rolled();
            *dy *= if *y > 0.0 { 1.0 } else { slope };
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn elu(z: &mut [f32], alpha: f32) {
        for z in unknown_many(z) {
            rolled();
            *z = if *z > 0.0 { *z } else { alpha * math::exp_m1_in::<FMA>(*z) };
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn elu_back(y: &[f32], dy: &mut [f32], alpha: f32) {
        for (dy, y) in unknown_many(dy).iter_mut().zip(y) {
            rolled();
            *dy *= if *y > 0.0 { 1.0 } else { y + alpha };
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn elu_back_of_input(x: &[f32], dy: &mut [f32], alpha: f32) {
        for (dy, x) in unknown_many(dy).iter_mut().zip(x) {
            rolled();
            *dy *= if *x > 0.0 { 1.0 } else { alpha * math::exp_in::<FMA>(*x) };
        }
    }
}

simd_fn! {
    /// NaN stays.
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn relu(z: &mut [f32], max: f32, slope: f32, threshold: f32) {
        for z in unknown_many(z) {
            rolled();
            let x = *z;
            let cut = if x > max { max } else { x };
            // Without a slope 0, also of minus infinity.
            let below = if slope == 0.0 { 0.0 } else { slope * (x - threshold) };
            *z = if x <= threshold { below } else { cut };
        }
    }
}

simd_fn! {
    #[cfg_attr(not(feature = "std"), inline(never))]
    fn relu_back(x: &[f32], dy: &mut [f32], max: f32, slope: f32, threshold: f32) {
        for (dy, x) in unknown_many(dy).iter_mut().zip(x) {
            rolled();
            let above = if *x > max { 0.0 } else { 1.0 };
            let below = if *x < threshold { slope } else { 0.0 };
            *dy *= if *x > threshold { above } else { below };
        }
    }
}

/// The rule of a `negative_slope`.
#[must_use]
pub const fn negative_slope_rule(slope: f32) -> Option<Refusal> {
    let help = "negative_slope is what negative values are multiplied by: 0.1";
    not_negative("negative_slope", slope, help)
}

/// The rule of a `max_value`.
#[must_use]
pub const fn max_value_rule(max: f32) -> Option<Refusal> {
    not_negative(
        "max_value",
        max,
        "max_value is the largest output; without it there is none",
    )
}

/// The rule of a `threshold`.
#[must_use]
pub const fn threshold_rule(threshold: f32) -> Option<Refusal> {
    not_negative(
        "threshold",
        threshold,
        "threshold is the value up to which nothing is let through",
    )
}

/// The rule of an `alpha`.
#[must_use]
pub const fn alpha_rule(alpha: f32) -> Option<Refusal> {
    if alpha.is_finite() {
        return None;
    }
    let what = Text::new().str("alpha must be finite, found ").float(alpha);
    let help = "alpha is how far below 0 the output goes: 1.0";
    Some(Refusal::new(what, help))
}

const fn not_negative(name: &str, value: f32, help: &'static str) -> Option<Refusal> {
    if value.is_finite() && value >= 0.0 {
        return None;
    }
    let what = Text::new()
        .str(name)
        .str(" must be finite and not negative, found ")
        .float(value);
    Some(Refusal::new(what, help))
}
