//! Crossentropy of yes-no outputs that passes over what is known well.

use super::elementwise::{self, Elementwise};
use super::epsilon::clip;
use super::plain::reduction;
use super::{Accuracy, AsMetric, Loss, Reduction, YesNo};
use crate::activations::Act;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Binary crossentropy, each element weighted by how far its answer is from right: with
/// `p_t = t p + (1 - t) (1 - p)`, `loss = (1 - p_t)^gamma (-t ln(p) - (1 - t) ln(1 - p))`, the mean over
/// elements and samples.
///
/// With `apply_class_balancing` also times `t alpha + (1 - t) (1 - alpha)`.
///
/// # Targets
/// The type of the output, each element 0 or 1 or between.
///
/// # Numbers
/// As [`BinaryCrossentropy`](super::BinaryCrossentropy): after a sigmoid, and with `from_logits`, the
/// crossentropy starts from the sigmoid's input and nothing is clipped. (Keras clips with `from_logits`;
/// the values differ where p is below `1e-7`.) Without either, the p of the logarithms is clipped to
/// `1e-7 ..= 1 - 1e-7`.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{BinaryFocalCrossentropy, Loss};
/// let mut grad = [[0.0]];
/// let loss = BinaryFocalCrossentropy::new();
/// let value = loss.loss(&[[0.5]], &[[1.0]], None, &mut grad);
/// assert!((value - 0.25 * 2f32.ln()).abs() < 1e-7);
/// ```
/// Lin et al.: "Focal loss for dense object detection" (2017).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BinaryFocalCrossentropy<const LOGITS: bool = false> {
    apply_class_balancing: bool,
    alpha: f32,
    gamma: f32,
    from_logits: bool,
    label_smoothing: f32,
    reduction: Reduction,
}

impl BinaryFocalCrossentropy {
    /// With Keras's defaults: `apply_class_balancing = false`, `alpha = 0.25`, `gamma = 2`,
    /// `from_logits = false`, `label_smoothing = 0`.
    #[must_use]
    pub const fn new() -> Self {
        BinaryFocalCrossentropy {
            apply_class_balancing: false,
            alpha: 0.25,
            gamma: 2.0,
            from_logits: false,
            label_smoothing: 0.0,
            reduction: Reduction::SumOverBatchSize,
        }
    }
}

impl<const LOGITS: bool> BinaryFocalCrossentropy<LOGITS> {
    /// Whether a target of 1 counts `alpha` and a target of 0 `1 - alpha`.
    #[must_use]
    pub const fn apply_class_balancing(mut self, apply: bool) -> Self {
        self.apply_class_balancing = apply;
        self
    }

    /// What a target of 1 counts if classes are balanced; in `0 ..= 1`.
    #[must_use]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// How strongly what is known well is passed over; at least 0, which is plain crossentropy.
    #[must_use]
    pub const fn gamma(mut self, gamma: f32) -> Self {
        self.gamma = gamma;
        self
    }

    /// Whether a model that does not end with sigmoid gives the input of one. (After a sigmoid its
    /// input is used in any case.)
    #[must_use]
    pub const fn from_logits(self, from_logits: bool) -> BinaryFocalCrossentropy<true> {
        BinaryFocalCrossentropy {
            apply_class_balancing: self.apply_class_balancing,
            alpha: self.alpha,
            gamma: self.gamma,
            from_logits,
            label_smoothing: self.label_smoothing,
            reduction: self.reduction,
        }
    }

    /// Targets become `t (1 - s) + s / 2`; s in `0 ..= 1`.
    #[must_use]
    pub const fn label_smoothing(mut self, s: f32) -> Self {
        self.label_smoothing = s;
        self
    }

    reduction!();

    fn focus(&self) -> Focus {
        Focus {
            gamma: self.gamma,
            smoothing: self.label_smoothing,
            alpha: self.apply_class_balancing.then_some(self.alpha),
        }
    }
}

impl Default for BinaryFocalCrossentropy {
    fn default() -> Self {
        BinaryFocalCrossentropy::new()
    }
}

/// What both forms share.
struct Focus {
    gamma: f32,
    smoothing: f32,
    alpha: Option<f32>,
}

impl Focus {
    #[inline(always)]
    fn target(&self, t: f32) -> f32 {
        t * (1.0 - self.smoothing) + 0.5 * self.smoothing
    }

    /// The factor, and its derivative by p, of an element's crossentropy.
    #[inline(always)]
    fn factor(&self, p: f32, t: f32) -> (f32, f32) {
        let rest = t * (1.0 - p) + (1.0 - t) * p;
        let weight = match self.alpha {
            Some(alpha) => t * alpha + (1.0 - t) * (1.0 - alpha),
            None => 1.0,
        };
        // Below, the crossentropy that it is multiplied with vanishes faster than the power grows.
        let falls = if rest > VANISHES {
            self.gamma * power(rest, self.gamma - 1.0)
        } else {
            0.0 * rest
        };
        let d = weight * falls * (1.0 - 2.0 * t);
        (weight * power(rest, self.gamma), d)
    }
}

/// How wrong an answer must be to pull by the factor, whose derivative is infinite at 0 if gamma is less than 1.
const VANISHES: f32 = 1e-30;

/// From probabilities.
struct Probabilities(Focus);

impl Elementwise for Probabilities {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let t = self.0.target(t);
        let p = clip(o);
        let entropy = -(t * math::ln(p) + (1.0 - t) * math::ln(1.0 - p));
        let d = (1.0 - t) / (1.0 - p) - t / p;
        let d = if p == o { d } else { 0.0 };
        let (factor, d_factor) = self.0.factor(o, t);
        (factor * entropy, d_factor * entropy + factor * d)
    }
}

elementwise::compiled!(Probabilities);

/// From the input of the sigmoid.
struct Logits(Focus);

impl Elementwise for Logits {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let t = self.0.target(t);
        let entropy = o.max(0.0) - t * o + math::ln_1p(math::exp(-o.abs()));
        let p = math::sigmoid(o);
        let (factor, d_factor) = self.0.factor(p, t);
        let d = d_factor * p * (1.0 - p) * entropy + factor * (p - t);
        (factor * entropy, d)
    }
}

elementwise::compiled!(Logits);

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, const LOGITS: bool> Loss<Out> for BinaryFocalCrossentropy<LOGITS> {
    type Target = Out;
    type Units = YesNo<LOGITS>;
    const NAME: &'static str = "binary_focal_crossentropy";
    const FUSES: Option<Act> = Some(Act::Sigmoid);
    const ACCURACY: Accuracy = Accuracy::Binary;

    fn check_arguments(&self) -> Option<Note> {
        super::arguments::smoothing(self.label_smoothing)
            .or_else(|| super::arguments::at_least_0("alpha", self.alpha))
            .or_else(|| super::arguments::at_least_0("gamma", self.gamma))
    }

    fn check(&self, y: &Out) -> Option<Note> {
        super::binary_crossentropy::check(y)
    }

    super::weights::reduced_in_parts!(Out);

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let (reduction, focus) = (self.reduction, self.focus());
        if self.from_logits {
            elementwise::loss(&Logits(focus), reduction, out, y, weight, grad)
        } else {
            elementwise::loss(&Probabilities(focus), reduction, out, y, weight, grad)
        }
    }

    fn fused(&self, out: &mut [Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let element = Logits(self.focus());
        let loss = elementwise::loss(&element, self.reduction, out, y, weight, grad);
        Act::Sigmoid.forward(Out::flat_mut(out), Out::SHAPE.last());
        loss
    }
}

impl<Out: Tensor<Elem = f32>, const LOGITS: bool> AsMetric<Out>
    for BinaryFocalCrossentropy<LOGITS>
{
    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        if self.from_logits {
            elementwise::total(&Logits(self.focus()), out, y, weight)
        } else {
            elementwise::total(&Probabilities(self.focus()), out, y, weight)
        }
    }
}

/// `x^e` of x from 0 to 1.
#[inline(always)]
pub(super) fn power(x: f32, e: f32) -> f32 {
    // The usual exponents exactly.
    if e == 0.0 {
        1.0
    } else if e == 1.0 {
        x
    } else if e == 2.0 {
        x * x
    } else {
        math::exp(e * math::ln(x))
    }
}
