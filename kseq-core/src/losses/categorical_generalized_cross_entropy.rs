//! Crossentropy that wrong labels do not pull at so hard.

use super::binary_focal_crossentropy::power;
use super::plain::reduction;
use super::rowwise::{self, RowWise};
use super::targets::{ClassIndices, Classes};
use super::{AsMetric, Loss, OverClasses, Reduction, Weights};
use crate::tensor::Tensor;
use crate::text::Note;

/// Of class probabilities p over the last axis against class numbers t, `loss = (1 - p_t^q) / q`, the mean over rows and
/// samples: for q near 0 the crossentropy, for q near 1 the absolute error, which wrong labels pull at no harder than
/// others.
///
/// # Targets
/// Class numbers from 0, see [`Classes`].
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::{CategoricalGeneralizedCrossEntropy, Loss};
/// let (loss, mut grad) = (CategoricalGeneralizedCrossEntropy::new(), [[0.0; 2]]);
/// assert_eq!(loss.loss(&[[0.25, 0.75]], &[0], None, &mut grad), 1.0);
/// assert_eq!(grad, [[-2.0, 0.0]]);
/// ```
/// Zhang, Sabuncu: "Generalized cross entropy loss for training deep neural networks with noisy labels" (2018).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CategoricalGeneralizedCrossEntropy {
    q: f32,
    reduction: Reduction,
}

impl CategoricalGeneralizedCrossEntropy {
    /// With Keras's default `q = 0.5`.
    #[must_use]
    pub const fn new() -> Self {
        CategoricalGeneralizedCrossEntropy {
            q: 0.5,
            reduction: Reduction::SumOverBatchSize,
        }
    }

    /// Between crossentropy (0) and absolute error (1); neither of them.
    #[must_use]
    pub const fn q(mut self, q: f32) -> Self {
        self.q = q;
        self
    }

    reduction!();

    fn rows<'a, Out: Classes>(&self, y: &'a [Out::Target]) -> Rows<'a> {
        let targets = ClassIndices {
            y: Out::Target::flat(y),
            ignore: None,
        };
        Rows { targets, q: self.q }
    }
}

impl Default for CategoricalGeneralizedCrossEntropy {
    fn default() -> Self {
        CategoricalGeneralizedCrossEntropy::new()
    }
}

struct Rows<'a> {
    targets: ClassIndices<'a>,
    q: f32,
}

impl RowWise for Rows<'_> {
    /// The class, and the power of its probability.
    type Shared = (usize, f32);

    #[inline(always)]
    fn value(&self, row: usize, out: &[f32]) -> (f32, Self::Shared) {
        let class = self.targets.class(row);
        // No class: no loss.
        let power = out.get(class).map_or(1.0, |p| power(*p, self.q));
        ((1.0 - power) / self.q, (class, power))
    }

    #[inline(always)]
    fn gradient(&self, _: usize, out: &[f32], shared: Self::Shared, factor: f32, grad: &mut [f32]) {
        let (class, power) = shared;
        grad.fill(0.0);
        if let (Some(p), Some(grad)) = (out.get(class), grad.get_mut(class)) {
            // Of a probability of 0 it would be infinite.
            let p = if *p < f32::MIN_POSITIVE {
                f32::MIN_POSITIVE
            } else {
                *p
            };
            *grad = -factor * power / p;
        }
    }
}

rowwise::compiled!(Rows<'_>);

#[diagnostic::do_not_recommend]
impl<Out: Classes> Loss<Out> for CategoricalGeneralizedCrossEntropy {
    type Target = Out::Target;
    type Units = OverClasses<false>;
    const NAME: &'static str = "categorical_generalized_cross_entropy";

    fn check_arguments(&self) -> Option<Note> {
        if self.q > 0.0 && self.q < 1.0 {
            return None;
        }
        let note = Note::new().str("q must be more than 0 and less than 1, found ");
        Some(note.float(self.q))
    }

    super::weights::reduced_in_parts!(Out);

    fn loss(
        &self,
        out: &[Out],
        y: &[Out::Target],
        weight: Option<&[f32]>,
        grad: &mut [Out],
    ) -> f32 {
        rowwise::loss(&self.rows::<Out>(y), self.reduction, out, weight, grad)
    }

    fn check(&self, y: &Out::Target) -> Option<Note> {
        super::targets::wrong_class::<Out>(y, None)
    }
}

impl<Out: Classes> AsMetric<Out> for CategoricalGeneralizedCrossEntropy {
    fn total(&self, out: &[Out], y: &[Out::Target], weight: Option<&[f32]>) -> (f64, f64) {
        let weights = Weights::new(out, weight);
        (
            rowwise::sum(&self.rows::<Out>(y), out, weights),
            weights.total(),
        )
    }
}
