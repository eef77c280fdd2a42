//! Crossentropy between classes that passes over what is known well.

use super::binary_focal_crossentropy::power;
use super::elementwise::Elementwise;
use super::epsilon::clip;
use super::normalised::{Logits, Probabilities};
use super::plain::reduction;
use super::targets::SoftLabels;
use super::{AsMetric, Loss, OverClasses, Reduction, Weights, rowwise};
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Crossentropy over the last axis, each class weighted by how far its probability is from 1:
/// `loss = -alpha sum_c (1 - p_c)^gamma t_c ln(p_c)`, the mean over rows and samples.
///
/// p is divided by its sum and clipped to `1e-7 ..= 1 - 1e-7`; where it is clipped the gradient is 0.
///
/// # Targets
/// The type of the output: one-hot, or any distribution over the classes.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{CategoricalFocalCrossentropy, Loss};
/// let mut grad = [[0.0; 2]];
/// let loss = CategoricalFocalCrossentropy::new();
/// let loss = loss.loss(&[[0.5, 0.5]], &[[1.0, 0.0]], None, &mut grad);
/// assert!((loss - 0.25 * 0.25 * 2f32.ln()).abs() < 1e-7);
/// ```
/// Lin et al.: "Focal loss for dense object detection" (2017).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CategoricalFocalCrossentropy<const LOGITS: bool = false> {
    alpha: f32,
    gamma: f32,
    from_logits: bool,
    label_smoothing: f32,
    reduction: Reduction,
}

impl CategoricalFocalCrossentropy {
    /// With Keras's defaults: `alpha = 0.25`, `gamma = 2`, `from_logits = false`, `label_smoothing = 0`.
    #[must_use]
    pub const fn new() -> Self {
        CategoricalFocalCrossentropy {
            alpha: 0.25,
            gamma: 2.0,
            from_logits: false,
            label_smoothing: 0.0,
            reduction: Reduction::SumOverBatchSize,
        }
    }
}

impl<const LOGITS: bool> CategoricalFocalCrossentropy<LOGITS> {
    /// The factor of all classes; at least 0.
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

    /// Whether the model gives the input of a softmax, instead of ending with one.
    #[must_use]
    pub const fn from_logits(self, from_logits: bool) -> CategoricalFocalCrossentropy<true> {
        CategoricalFocalCrossentropy {
            alpha: self.alpha,
            gamma: self.gamma,
            from_logits,
            label_smoothing: self.label_smoothing,
            reduction: self.reduction,
        }
    }

    /// Targets become `t (1 - s) + s / classes`; s in `0 ..= 1`.
    #[must_use]
    pub const fn label_smoothing(mut self, s: f32) -> Self {
        self.label_smoothing = s;
        self
    }

    reduction!();

    fn targets<'a, Out: Tensor<Elem = f32>>(&self, y: &'a [Out]) -> SoftLabels<'a> {
        SoftLabels::new(y).smoothing(self.label_smoothing)
    }

    fn element(&self) -> Focal {
        Focal {
            alpha: self.alpha,
            gamma: self.gamma,
        }
    }
}

impl Default for CategoricalFocalCrossentropy {
    fn default() -> Self {
        CategoricalFocalCrossentropy::new()
    }
}

struct Focal {
    alpha: f32,
    gamma: f32,
}

impl Elementwise for Focal {
    #[inline(always)]
    fn element(&self, q: f32, t: f32) -> (f32, f32) {
        let p = clip(q);
        let (ln, rest) = (math::ln(p), 1.0 - p);
        let factor = power(rest, self.gamma);
        let falls = self.gamma * power(rest, self.gamma - 1.0);
        let d = self.alpha * t * (falls * ln - factor / p);
        (-self.alpha * factor * t * ln, if p == q { d } else { 0.0 })
    }
}

rowwise::compiled!(Probabilities<'_, Focal>);
rowwise::compiled!(Logits<'_, Focal>);

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, const LOGITS: bool> Loss<Out>
    for CategoricalFocalCrossentropy<LOGITS>
{
    type Target = Out;
    type Units = OverClasses<LOGITS>;
    const NAME: &'static str = "categorical_focal_crossentropy";

    fn check_arguments(&self) -> Option<Note> {
        super::arguments::smoothing(self.label_smoothing)
            .or_else(|| super::arguments::at_least_0("alpha", self.alpha))
            .or_else(|| super::arguments::at_least_0("gamma", self.gamma))
    }

    super::weights::reduced_in_parts!(Out);

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let (targets, element) = (self.targets(y), self.element());
        let reduction = self.reduction;
        if self.from_logits {
            rowwise::loss(&Logits { targets, element }, reduction, out, weight, grad)
        } else {
            let row = Probabilities { targets, element };
            rowwise::loss(&row, reduction, out, weight, grad)
        }
    }
}

impl<Out: Tensor<Elem = f32>, const LOGITS: bool> AsMetric<Out>
    for CategoricalFocalCrossentropy<LOGITS>
{
    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        let (targets, element) = (self.targets(y), self.element());
        let weights = Weights::new(out, weight);
        let sum = if self.from_logits {
            rowwise::sum(&Logits { targets, element }, out, weights)
        } else {
            rowwise::sum(&Probabilities { targets, element }, out, weights)
        };
        (sum, weights.total())
    }
}
