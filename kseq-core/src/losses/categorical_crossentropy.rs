//! Crossentropy between classes, targets given as distributions (one-hot).

use super::elementwise::Elementwise;
use super::epsilon::clip;
use super::normalised::Probabilities;
use super::plain::reduction;
use super::softmax_crossentropy as softmax;
use super::targets::SoftLabels;
use super::{AsMetric, Loss, OverClasses, Reduction, Weights, rowwise};
use crate::activations::Act;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Crossentropy of class probabilities p against targets t over the last axis:
/// `loss = -sum_c t_c ln(p_c)`, the mean over rows and samples.
///
/// # Targets
/// The type of the output: one-hot, or any distribution over the classes. For class numbers see
/// [`SparseCategoricalCrossentropy`](super::SparseCategoricalCrossentropy).
///
/// # Numbers
/// After a softmax (the usual case) value and gradient start from the softmax's input, as Keras does:
/// the gradient is `(p sum_c t_c - t) / n`, and nothing is clipped. Without one, p is divided by its sum
/// q and clipped to `1e-7 ..= 1 - 1e-7`, with the exact gradient of that (Keras 3.15,
/// `categorical_crossentropy` of the TensorFlow backend). A row of zeros stays one, with a loss of
/// `-ln(1e-7)` and no gradient (Keras: NaN).
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{CategoricalCrossentropy, Loss};
/// let (out, y) = ([[0.25, 0.25, 0.5], [0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]; 2]);
/// let mut grad = out;
/// let loss = CategoricalCrossentropy::new().loss(&out, &y, None, &mut grad);
/// assert!((loss - 0.5 * 2f32.ln()).abs() < 1e-6);
///
/// // From the input of the softmax: ln(2), and (p - t) / n.
/// let mut out = [[0.0, 0.0]];
/// let mut grad = out;
/// let loss = CategoricalCrossentropy::new().fused(&mut out, &[[1.0, 0.0]], None, &mut grad);
/// assert!((loss - 2f32.ln()).abs() < 1e-6);
/// assert_eq!((out, grad), ([[0.5, 0.5]], [[-0.5, 0.5]]));
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CategoricalCrossentropy<const LOGITS: bool = false> {
    from_logits: bool,
    label_smoothing: f32,
    reduction: Reduction,
}

impl CategoricalCrossentropy {
    /// With Keras's defaults: `from_logits = false`, `label_smoothing = 0`.
    #[must_use]
    pub const fn new() -> Self {
        CategoricalCrossentropy {
            from_logits: false,
            label_smoothing: 0.0,
            reduction: Reduction::SumOverBatchSize,
        }
    }
}

impl Default for CategoricalCrossentropy {
    fn default() -> Self {
        CategoricalCrossentropy::new()
    }
}

impl<const LOGITS: bool> CategoricalCrossentropy<LOGITS> {
    /// Whether a model that does not end with softmax gives the input of one. (After a softmax its
    /// input is used in any case.)
    #[must_use]
    pub const fn from_logits(self, from_logits: bool) -> CategoricalCrossentropy<true> {
        CategoricalCrossentropy {
            from_logits,
            label_smoothing: self.label_smoothing,
            reduction: self.reduction,
        }
    }

    /// Targets become `t (1 - s) + s / classes`; s in `0 ..= 1`.
    ///
    /// Szegedy et al.: "Rethinking the Inception architecture for computer vision" (2016).
    #[must_use]
    pub const fn label_smoothing(mut self, s: f32) -> Self {
        self.label_smoothing = s;
        self
    }

    reduction!();

    fn targets<'a, Out: Tensor<Elem = f32>>(&self, y: &'a [Out]) -> SoftLabels<'a> {
        SoftLabels::new(y).smoothing(self.label_smoothing)
    }
}

/// `-t ln(q)`
struct Crossentropy;

impl Elementwise for Crossentropy {
    #[inline(always)]
    fn element(&self, q: f32, t: f32) -> (f32, f32) {
        let p = clip(q);
        let d = -t / p;
        (-t * math::ln(p), if p == q { d } else { 0.0 })
    }
}

rowwise::compiled!(Probabilities<'_, Crossentropy>);

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, const LOGITS: bool> Loss<Out> for CategoricalCrossentropy<LOGITS> {
    type Target = Out;
    type Units = OverClasses<LOGITS>;
    const NAME: &'static str = "categorical_crossentropy";
    const FUSES: Option<Act> = Some(Act::Softmax);

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        let said = crate::base::said::object(
            "CategoricalCrossentropy",
            &[
                ("from_logits", &self.from_logits),
                ("label_smoothing", &self.label_smoothing),
            ],
        );
        (self.reduction == Reduction::SumOverBatchSize).then_some(said)
    }

    fn check_arguments(&self) -> Option<Note> {
        super::arguments::smoothing(self.label_smoothing)
    }

    super::weights::reduced_in_parts!(Out);

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let targets = self.targets(y);
        if self.from_logits {
            let row = softmax::Logits(&targets);
            return rowwise::loss(&row, self.reduction, out, weight, grad);
        }
        let element = Crossentropy;
        let row = Probabilities { targets, element };
        rowwise::loss(&row, self.reduction, out, weight, grad)
    }

    fn fused(&self, out: &mut [Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let weights = Weights::new(out, weight);
        let divisor = weights.divisor(self.reduction);
        softmax::fused(out, &self.targets(y), weights, divisor, grad)
    }
}

impl<Out: Tensor<Elem = f32>, const LOGITS: bool> AsMetric<Out>
    for CategoricalCrossentropy<LOGITS>
{
    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        let (weights, targets) = (Weights::new(out, weight), self.targets(y));
        let sum = if self.from_logits {
            rowwise::sum(&softmax::Logits(&targets), out, weights)
        } else {
            let element = Crossentropy;
            rowwise::sum(&Probabilities { targets, element }, out, weights)
        };
        (sum, weights.total())
    }
}
