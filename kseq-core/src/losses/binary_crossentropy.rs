//! Crossentropy of independent yes-no outputs.

use super::elementwise::{self, Elementwise};
use super::epsilon::clip;
use super::plain::reduction;
use super::{Accuracy, AsMetric, Loss, Reduction, YesNo};
use crate::activations::Act;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Crossentropy of probabilities p against targets t, element by element:
/// `loss = -t ln(p) - (1 - t) ln(1 - p)`, the mean over elements and samples.
///
/// # Targets
/// The type of the output, each element 0 or 1 or between. Several units are several labels a sample;
/// `Accuracy` then counts each of them.
///
/// # Numbers
/// After a sigmoid (the usual case) value and gradient start from the sigmoid's input x, as Keras does:
/// `loss = ln(1 + e^x) - t x`, gradient `(p - t) / n`, and nothing is clipped. Without one, p is clipped
/// to `1e-7 ..= 1 - 1e-7`; beyond, the gradient is 0 (Keras 3.15, `binary_crossentropy` of the
/// TensorFlow backend).
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{BinaryCrossentropy, Loss};
/// let (out, y) = ([[0.5], [0.75]], [[1.0], [0.0]]);
/// let mut grad = out;
/// let loss = BinaryCrossentropy::new().loss(&out, &y, None, &mut grad);
/// assert!((loss - (2f32.ln() + 4f32.ln()) / 2.0).abs() < 1e-6);
/// assert_eq!(grad, [[-1.0], [2.0]]);
///
/// // From the input of the sigmoid.
/// let mut out = [[0.0]];
/// BinaryCrossentropy::new().fused(&mut out, &[[1.0]], None, &mut grad[..1]);
/// assert_eq!((out[0], grad[0]), ([0.5], [-0.5]));
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BinaryCrossentropy<const LOGITS: bool = false> {
    from_logits: bool,
    label_smoothing: f32,
    reduction: Reduction,
}

impl BinaryCrossentropy {
    /// With Keras's defaults: `from_logits = false`, `label_smoothing = 0`.
    #[must_use]
    pub const fn new() -> Self {
        BinaryCrossentropy {
            from_logits: false,
            label_smoothing: 0.0,
            reduction: Reduction::SumOverBatchSize,
        }
    }
}

impl Default for BinaryCrossentropy {
    fn default() -> Self {
        BinaryCrossentropy::new()
    }
}

impl<const LOGITS: bool> BinaryCrossentropy<LOGITS> {
    /// Whether a model that does not end with sigmoid gives the input of one. (After a sigmoid its
    /// input is used in any case.)
    #[must_use]
    pub const fn from_logits(self, from_logits: bool) -> BinaryCrossentropy<true> {
        BinaryCrossentropy {
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
}

/// `t (1 - smoothing) + smoothing / 2`
struct Probabilities {
    smoothing: f32,
}

impl Elementwise for Probabilities {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let t = t * (1.0 - self.smoothing) + 0.5 * self.smoothing;
        let p = clip(o);
        let loss = -(t * math::ln(p) + (1.0 - t) * math::ln(1.0 - p));
        let d = (1.0 - t) / (1.0 - p) - t / p;
        (loss, if p == o { d } else { 0.0 })
    }
}

elementwise::compiled!(Probabilities);

struct Logits {
    smoothing: f32,
}

impl Elementwise for Logits {
    #[inline(always)]
    fn element(&self, o: f32, t: f32) -> (f32, f32) {
        let t = t * (1.0 - self.smoothing) + 0.5 * self.smoothing;
        // softplus(o) - t o, without the cancellation where the answer is right.
        let small = math::ln_1p(math::exp(-o.abs()));
        (o.max(0.0) - t * o + small, math::sigmoid(o) - t)
    }
}

elementwise::compiled!(Logits);

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, const LOGITS: bool> Loss<Out> for BinaryCrossentropy<LOGITS> {
    type Target = Out;
    type Units = YesNo<LOGITS>;
    const NAME: &'static str = "binary_crossentropy";
    const FUSES: Option<Act> = Some(Act::Sigmoid);
    const ACCURACY: Accuracy = Accuracy::Binary;

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        let said = crate::base::said::object(
            "BinaryCrossentropy",
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

    fn check(&self, y: &Out) -> Option<Note> {
        check(y)
    }

    super::weights::reduced_in_parts!(Out);

    fn loss(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let (smoothing, reduction) = (self.label_smoothing, self.reduction);
        if self.from_logits {
            elementwise::loss(&Logits { smoothing }, reduction, out, y, weight, grad)
        } else {
            let element = Probabilities { smoothing };
            elementwise::loss(&element, reduction, out, y, weight, grad)
        }
    }

    fn fused(&self, out: &mut [Out], y: &[Out], weight: Option<&[f32]>, grad: &mut [Out]) -> f32 {
        let smoothing = self.label_smoothing;
        let element = Logits { smoothing };
        let loss = elementwise::loss(&element, self.reduction, out, y, weight, grad);
        Act::Sigmoid.forward(Out::flat_mut(out), Out::SHAPE.last());
        loss
    }
}

impl<Out: Tensor<Elem = f32>, const LOGITS: bool> AsMetric<Out> for BinaryCrossentropy<LOGITS> {
    fn total(&self, out: &[Out], y: &[Out], weight: Option<&[f32]>) -> (f64, f64) {
        let smoothing = self.label_smoothing;
        if self.from_logits {
            elementwise::total(&Logits { smoothing }, out, y, weight)
        } else {
            elementwise::total(&Probabilities { smoothing }, out, y, weight)
        }
    }
}

/// The first element that is no probability.
pub(super) fn check<Out: Tensor<Elem = f32>>(y: &Out) -> Option<Note> {
    let wrong = Out::flat(core::slice::from_ref(y)).iter();
    let wrong = wrong.copied().find(|t| !(0.0..=1.0).contains(t))?;
    let note = Note::new().float(wrong);
    Some(note.str(", expected a probability, from 0 to 1"))
}
