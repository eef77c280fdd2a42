//! Crossentropy between classes, targets given as class numbers.

use super::epsilon::clip;
use super::plain::reduction;
use super::rowwise::{self, RowWise};
use super::softmax_crossentropy as softmax;
use super::targets::{ClassIndices, Classes, wrong_class};
use super::weights::wide;
use super::{AsMetric, InParts, Loss, OverClasses, Reduction, Weights};
use crate::activations::Act;
use crate::kernels::dispatch::Wide;
use crate::math;
use crate::tensor::Tensor;
use crate::text::Note;

/// Crossentropy of class probabilities p over the last axis against class numbers t:
/// `loss = -ln(p_t)`, the mean over rows and samples.
///
/// # Targets
/// Class numbers from 0, see [`Classes`]. One beyond the output is refused by
/// [`Loss::check`]; if it comes this far, its row counts as loss 0.
///
/// # Numbers
/// After a softmax value and gradient start from the softmax's input, as Keras does: the gradient is
/// `(p - [c = t]) / n`, and nothing is clipped. Without one, p is clipped to `1e-7 ..= 1 - 1e-7` and
/// then divided by its sum, with the exact gradient of that (Keras 3.15,
/// `sparse_categorical_crossentropy` of the TensorFlow backend; note that
/// [`CategoricalCrossentropy`](super::CategoricalCrossentropy) divides first).
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{Loss, SparseCategoricalCrossentropy};
/// let loss = SparseCategoricalCrossentropy::new();
/// let out = [[0.25, 0.25, 0.5]];
/// let mut grad = out;
/// assert!((loss.loss(&out, &[2], None, &mut grad) - 2f32.ln()).abs() < 1e-6);
///
/// let refused = Loss::<[f32; 3]>::check(&loss, &3).unwrap();
/// assert_eq!(refused.as_str(), "class 3, but the model has 3 outputs: classes are 0 to 2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SparseCategoricalCrossentropy<const LOGITS: bool = false> {
    from_logits: bool,
    ignore_class: Option<u32>,
    reduction: Reduction,
}

impl SparseCategoricalCrossentropy {
    /// With Keras's defaults: `from_logits = false`, no `ignore_class`.
    #[must_use]
    pub const fn new() -> Self {
        SparseCategoricalCrossentropy {
            from_logits: false,
            ignore_class: None,
            reduction: Reduction::SumOverBatchSize,
        }
    }
}

impl Default for SparseCategoricalCrossentropy {
    fn default() -> Self {
        SparseCategoricalCrossentropy::new()
    }
}

impl<const LOGITS: bool> SparseCategoricalCrossentropy<LOGITS> {
    /// Whether a model that does not end with softmax gives the input of one. (After a softmax its
    /// input is used in any case.)
    #[must_use]
    pub const fn from_logits(self, from_logits: bool) -> SparseCategoricalCrossentropy<true> {
        SparseCategoricalCrossentropy {
            from_logits,
            ignore_class: self.ignore_class,
            reduction: self.reduction,
        }
    }

    /// A class number of rows that do not count: they have no loss, and means are over the other rows.
    /// It need not be one of the model's classes (255 for the edges of a segmentation).
    #[must_use]
    pub const fn ignore_class(mut self, class: u32) -> Self {
        self.ignore_class = Some(class);
        self
    }

    reduction!();

    fn targets<'a, Out: Classes>(&self, y: &'a [Out::Target]) -> ClassIndices<'a> {
        ClassIndices {
            y: Out::Target::flat(y),
            ignore: self.ignore_class,
        }
    }

    /// What the weighted sum of the rows is divided by; ignored rows are not there.
    fn divisor(&self, targets: &ClassIndices<'_>, weights: &Weights<'_>, weighted: bool) -> Wide {
        let Some(ignored) = self.ignore_class else {
            return weights.divisor(self.reduction);
        };
        let counts = |row: usize| targets.y.get(row) != Some(&ignored);
        match self.reduction {
            Reduction::Sum => 1.0,
            Reduction::MeanWithSampleWeight if weighted => weights.total_of(counts),
            _ => weights.counted(counts) as Wide,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Classes, const LOGITS: bool> Loss<Out> for SparseCategoricalCrossentropy<LOGITS> {
    type Target = Out::Target;
    type Units = OverClasses<LOGITS>;
    const NAME: &'static str = "sparse_categorical_crossentropy";
    const FUSES: Option<Act> = Some(Act::Softmax);

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        let said = crate::base::said::object(
            "SparseCategoricalCrossentropy",
            &[
                ("from_logits", &self.from_logits),
                ("ignore_class", &self.ignore_class),
            ],
        );
        (self.reduction == Reduction::SumOverBatchSize).then_some(said)
    }

    fn in_parts(&self, samples: usize, y: &[Out::Target], weight: Option<&[f32]>) -> InParts {
        if self.reduction == Reduction::Sum {
            return InParts::Sum;
        }
        let rows_per_sample = Out::LEN / Out::SHAPE.last().max(1);
        let weights = Weights::of_values(samples, rows_per_sample, weight);
        let divisor = self.divisor(&self.targets::<Out>(y), &weights, weight.is_some());
        InParts::Mean(wide(divisor))
    }

    fn loss(
        &self,
        out: &[Out],
        y: &[Out::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        let (weights, targets) = (Weights::new(out, weight), self.targets::<Out>(y));
        let divisor = self.divisor(&targets, &weights, weight.is_some());
        if self.from_logits {
            rowwise::loss_by(&softmax::Logits(&targets), divisor, out, weights, grad)
        } else {
            rowwise::loss_by(&Probabilities(targets), divisor, out, weights, grad)
        }
    }

    fn fused(
        &self,
        out: &mut [Out],
        y: &[Out::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        let (weights, targets) = (Weights::new(out, weight), self.targets::<Out>(y));
        let divisor = self.divisor(&targets, &weights, weight.is_some());
        softmax::fused(out, &targets, weights, divisor, grad)
    }

    fn check(&self, y: &Out::Target) -> Option<Note> {
        wrong_class::<Out>(y, self.ignore_class)
    }
}

impl<Out: Classes, const LOGITS: bool> AsMetric<Out> for SparseCategoricalCrossentropy<LOGITS> {
    fn total(&self, out: &[Out], y: &[Out::Target], weight: Option<&[f32]>) -> (f64, f64) {
        let (weights, targets) = (Weights::new(out, weight), self.targets::<Out>(y));
        let ignored =
            |row: usize| targets.ignore.is_some() && targets.y.get(row).copied() == targets.ignore;
        let total = weights.total_of(|row| !ignored(row));
        let sum = if self.from_logits {
            rowwise::sum(&softmax::Logits(&targets), out, weights)
        } else {
            rowwise::sum(&Probabilities(targets), out, weights)
        };
        (sum, wide(total))
    }
}

struct Probabilities<'a>(ClassIndices<'a>);

impl RowWise for Probabilities<'_> {
    /// The sum of the clipped outputs.
    type Shared = f32;

    #[inline(always)]
    fn value(&self, row: usize, out: &[f32]) -> (f32, f32) {
        // q = clip(p); loss = ln(sum(q)) - ln(q_t).
        let sum = out.iter().fold(0.0, |sum, p| sum + clip(*p));
        let right = out.get(self.0.class(row));
        let loss = right.map_or(0.0, |p| math::ln(sum) - math::ln(clip(*p)));
        (loss, sum)
    }

    #[inline(always)]
    fn gradient(&self, row: usize, out: &[f32], sum: f32, factor: f32, grad: &mut [f32]) {
        let class = self.0.class(row);
        let Some(&p) = out.get(class) else {
            return grad.fill(0.0);
        };
        for (grad, p) in grad.iter_mut().zip(out) {
            *grad = if clip(*p) == *p { factor / sum } else { 0.0 };
        }
        if let Some(grad) = grad.get_mut(class).filter(|_| clip(p) == p) {
            *grad -= factor / p;
        }
    }
}

rowwise::compiled!(Probabilities<'_>);
