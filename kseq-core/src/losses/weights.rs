//! What a row counts for: the weights of samples or time steps, and what a loss divides by.

use super::InParts;
use crate::kernels::dispatch::Wide;
use crate::tensor::Tensor;

/// How the losses of the rows become one number (Keras's `reduction`).
///
/// A row is what a loss has one value for: the last axis of an output. With the rows' losses l and
/// weights w (1 without weights):
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Reduction {
    /// `sum(w l)` divided by the number of rows, Keras's default.
    #[default]
    SumOverBatchSize,
    /// `sum(w l)`.
    Sum,
    /// `sum(w l) / sum(w)`; 0 if the weights sum to 0.
    MeanWithSampleWeight,
}

/// The weights of rows (last axes) of samples: one for each sample, or one for each row.
///
/// The length says which: as many weights as rows are one for each row. What there is no weight for
/// counts 0. A mask of the outputs comes as one for each row and one value more, by which it is known: -0 then says that
/// a row is masked, and that means are over the others.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::losses::Weights;
/// // Two samples of three time steps.
/// let samples = [[[0.0f32; 5]; 3]; 2];
/// let each = |w: &[f32]| core::array::from_fn(|row| Weights::new(&samples, Some(w)).of(row));
/// assert_eq!(each(&[1.0, 2.0]), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
/// assert_eq!(each(&[1.0, 1.0, 0.0, 1.0, 0.0, 0.0]), [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
/// assert_eq!(Weights::new(&samples, None).total(), 6.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    weights: Option<&'a [f32]>,
    rows: usize,
    /// Rows that share a weight.
    rows_each: usize,
    rows_per_sample: usize,
    masked: bool,
}

impl<'a> Weights<'a> {
    /// Of `samples`, each a number of rows.
    #[must_use]
    pub fn new<Out: Tensor>(samples: &[Out], weights: Option<&'a [f32]>) -> Self {
        let rows_per_sample = Out::LEN / Out::SHAPE.last().max(1);
        Weights::of_values(samples.len(), rows_per_sample, weights)
    }

    /// The same of `samples` samples with so many values each.
    pub(crate) fn of_values(samples: usize, each: usize, weights: Option<&'a [f32]>) -> Self {
        let rows_per_sample = each.max(1);
        let rows = samples * rows_per_sample;
        let masked = weights.is_some_and(|w| w.len() == rows + 1);
        let weights = match weights {
            Some(weights) if masked => weights.get(..rows),
            weights => weights,
        };
        let each_row = weights.is_some_and(|w| w.len() == rows);
        Weights {
            weights,
            rows,
            rows_each: if each_row { 1 } else { rows_per_sample },
            rows_per_sample,
            masked,
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The weight of a row.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, row: usize) -> f32 {
        match self.weights {
            None => 1.0,
            Some(w) => {
                let at = row.checked_div(self.rows_each).unwrap_or(row);
                w.get(at).copied().unwrap_or(0.0)
            }
        }
    }

    /// Whether a row is masked, which is not to be counted: its weight is 0.
    #[must_use]
    pub fn is_masked(&self, row: usize) -> bool {
        self.masked && self.of(row).to_bits() == MASKED.to_bits()
    }

    /// The weight of a sample as a whole: the mean of its rows' weights.
    #[must_use]
    pub fn of_sample(&self, sample: usize) -> f32 {
        let first = sample * self.rows_per_sample;
        if self.rows_each == self.rows_per_sample {
            return self.of(first);
        }
        let rows = first..first + self.rows_per_sample;
        let sum: Wide = rows.map(|row| Wide::from(self.of(row))).sum();
        (sum / self.rows_per_sample as Wide) as f32
    }

    /// The number of samples that count: of one whose rows are masked in part, that part.
    pub(super) fn samples(&self) -> Wide {
        let rows = match self.masked {
            true => self.counted(|_| true),
            false => self.rows,
        };
        rows as Wide / self.rows_per_sample as Wide
    }

    /// The sum of all rows' weights.
    #[must_use]
    pub fn total(&self) -> f64 {
        wide(self.total_of(|_| true))
    }

    /// The sum of the weights of the rows that count.
    pub(super) fn total_of(&self, counts: impl Fn(usize) -> bool) -> Wide {
        let rows = (0..self.rows).filter(|row| counts(*row));
        rows.map(|row| Wide::from(self.of(row))).sum()
    }

    /// The weights, and how many rows share each; nothing if all are 1.
    pub(super) fn spans(&self) -> Option<(&'a [f32], usize)> {
        self.weights.map(|w| (w, self.rows_each))
    }

    /// The number of these rows that are not masked.
    pub(super) fn counted(&self, counts: impl Fn(usize) -> bool) -> usize {
        (0..self.rows)
            .filter(|row| counts(*row) && !self.is_masked(*row))
            .count()
    }

    /// What the weighted sum is divided by.
    pub(super) fn divisor(&self, reduction: Reduction) -> Wide {
        match (reduction, self.weights) {
            (Reduction::Sum, _) => 1.0,
            (Reduction::MeanWithSampleWeight, Some(_)) => self.total_of(|_| true),
            _ if self.masked => self.counted(|_| true) as Wide,
            _ => self.rows as Wide,
        }
    }
}

/// How the losses of parts of a batch become one, where rows are reduced so: this part has so many outputs.
pub(super) fn in_parts<Out: Tensor>(
    reduction: Reduction,
    samples: usize,
    weight: Option<&[f32]>,
) -> InParts {
    let rows_per_sample = Out::LEN / Out::SHAPE.last().max(1);
    match reduction {
        Reduction::Sum => InParts::Sum,
        _ => {
            let weights = Weights::of_values(samples, rows_per_sample, weight);
            InParts::Mean(wide(weights.divisor(reduction)))
        }
    }
}

/// [`Loss::in_parts`](super::Loss::in_parts) of a loss with a field `reduction`.
macro_rules! reduced_in_parts {
    ($out:ty) => {
        fn in_parts(
            &self,
            samples: usize,
            _: &[Self::Target],
            weight: Option<&[f32]>,
        ) -> $crate::losses::InParts {
            $crate::losses::weights::in_parts::<$out>(self.reduction, samples, weight)
        }
    };
}
pub(super) use reduced_in_parts;

/// The weight of a row that is masked.
const MASKED: f32 = -0.0;

/// A mask of outputs, which becomes weights of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weighed<'a> {
    /// One for each row, 0 where it is masked.
    pub mask: &'a [u32],
    pub samples: usize,
}

/// What the rows of a batch with a mask count for in metrics.
#[derive(Clone, Copy, Debug)]
pub struct MaskWeights<'a> {
    /// 1, or 0 where a row is masked.
    pub mask: &'a [f32],
    /// The same times the weights of samples or rows, if there are any.
    pub weighted: Option<&'a [f32]>,
}

impl Weighed<'_> {
    /// The weights of rows, or of samples, with the mask among them.
    pub(crate) fn for_loss<'w>(&self, weight: Option<&[f32]>, memory: &'w mut [f32]) -> &'w [f32] {
        let (weights, _) = memory
            .split_at_mut_checked(self.mask.len() + 1)
            .unwrap_or_default();
        self.fill(weight, weights, MASKED);
        if let Some(known) = weights.last_mut() {
            *known = 1.0;
        }
        weights
    }

    /// The same for metrics, in memory for twice the rows.
    pub(crate) fn for_metrics<'w>(
        &self,
        weight: Option<&[f32]>,
        memory: &'w mut [f32],
    ) -> MaskWeights<'w> {
        let rows = self.mask.len();
        let (mask, memory) = memory.split_at_mut_checked(rows).unwrap_or_default();
        self.fill(None, mask, 0.0);
        let weighted = weight.map(|weight| {
            let (weighted, _) = memory.split_at_mut_checked(rows).unwrap_or_default();
            self.fill(Some(weight), weighted, 0.0);
            &*weighted
        });
        MaskWeights { mask, weighted }
    }

    fn fill(&self, weight: Option<&[f32]>, to: &mut [f32], masked: f32) {
        let each = self.mask.len().checked_div(self.samples).unwrap_or(0);
        let weights = Weights::of_values(self.samples, each, weight);
        for (row, (to, step)) in to.iter_mut().zip(self.mask).enumerate() {
            *to = match step {
                0 => masked,
                // -0 becomes 0.
                _ => weights.of(row) + 0.0,
            };
        }
    }
}

/// As a metric adds it up.
#[allow(clippy::useless_conversion)] // `Wide` is one or the other
pub(super) fn wide(sum: Wide) -> f64 {
    f64::from(sum)
}

/// `sum / divisor`, 0 of nothing.
#[allow(clippy::unnecessary_cast)] // `Wide` is one or the other
pub(super) fn reduced(sum: Wide, divisor: Wide) -> f32 {
    if divisor == 0.0 {
        return 0.0;
    }
    (sum / divisor) as f32
}

/// `1 / divisor`: what the gradient of every row is multiplied with.
#[allow(clippy::unnecessary_cast)]
pub(super) fn scale(divisor: Wide) -> f32 {
    if divisor == 0.0 {
        return 0.0;
    }
    1.0 / divisor as f32
}
