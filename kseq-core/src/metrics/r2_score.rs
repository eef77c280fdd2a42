//! The coefficient of determination.

use super::arguments::unknown_word;
use super::mean::quotient;
use super::{Direction, Metric};
use crate::losses::Weights;
use crate::text::Note;

/// How the scores of the units become one.
///
/// (Keras's third way, `None`, gives a score for each unit: see [`R2Score::values`].)
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum ClassAggregation {
    /// Their mean.
    #[default]
    UniformAverage,
    /// Their mean, each times the variance of its targets.
    VarianceWeightedAverage,
    /// A word that is none of Keras's: an error before the first step.
    #[doc(hidden)]
    Unknown(&'static str),
}

/// Keras's words.
impl From<&'static str> for ClassAggregation {
    fn from(word: &'static str) -> Self {
        match word {
            "uniform_average" => ClassAggregation::UniformAverage,
            "variance_weighted_average" => ClassAggregation::VarianceWeightedAverage,
            other => ClassAggregation::Unknown(other),
        }
    }
}

/// The share of the targets' variance that the outputs explain, for each of `N` units:
/// `1 - sum((t - o)^2) / sum((t - mean(t))^2)`. 1 is perfect, 0 no better than the mean.
///
/// Without samples it is NaN; of targets that are all equal, 0 (NaN if they are met exactly), as in Keras.
/// For samples of rank 1; each counts with its weight.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Metric, R2Score};
/// let mut metric = R2Score::new();
/// metric.update(&[[2.0], [4.0], [4.0]], &[[1.0], [4.0], [3.0]], None);
/// assert!((Metric::<[f32; 1], _>::result(&metric) - 4.0 / 7.0).abs() < 1e-6);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct R2Score<const N: usize> {
    class_aggregation: ClassAggregation,
    num_regressors: usize,
    units: [Unit; N],
}

/// The weighted sums of t, t^2 and (t - o)^2, the sum of the weights, and the number of samples.
type Unit = [f64; 5];

impl<const N: usize> R2Score<N> {
    /// With Keras's defaults: the mean of the units, not adjusted.
    #[must_use]
    pub const fn new() -> Self {
        R2Score {
            class_aggregation: ClassAggregation::UniformAverage,
            num_regressors: 0,
            units: [[0.0; 5]; N],
        }
    }

    /// How the scores of the units become one; default their mean.
    #[must_use]
    pub fn class_aggregation(mut self, aggregation: impl Into<ClassAggregation>) -> Self {
        self.class_aggregation = aggregation.into();
        self
    }

    /// The number p of inputs for the adjusted score, `1 - (1 - R2) (n - 1) / (n - p - 1)`, of n targets
    /// (each unit of a sample is one, as in Keras). With no more than p + 1 targets it is not adjusted.
    /// Default 0: not adjusted.
    #[must_use]
    pub const fn num_regressors(mut self, num_regressors: usize) -> Self {
        self.num_regressors = num_regressors;
        self
    }

    /// The score of each unit, not adjusted.
    #[must_use]
    pub fn values(&self) -> [f32; N] {
        self.units.map(|unit| score(unit).0 as f32)
    }
}

impl<const N: usize> Default for R2Score<N> {
    fn default() -> Self {
        R2Score::new()
    }
}

/// The score of a unit, and the sum of its squared distances from the mean.
fn score([sum, squares, errors, count, _]: Unit) -> (f64, f64) {
    let total = squares - sum * (sum / count);
    let score = 1.0 - errors / total;
    (if score.is_infinite() { 0.0 } else { score }, total)
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Metric<[f32; N], [f32; N]> for R2Score<N> {
    fn check_arguments(&self) -> Option<Note> {
        let ClassAggregation::Unknown(word) = self.class_aggregation else {
            return None;
        };
        let words = "uniform_average or variance_weighted_average (None is `values()`)";
        Some(unknown_word("class_aggregation", words, word))
    }

    fn name(&self) -> &'static str {
        "r2_score"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn update(&mut self, out: &[[f32; N]], y: &[[f32; N]], weight: Option<&[f32]>) {
        let weights = Weights::new(out, weight);
        for (row, (out, y)) in out.iter().zip(y).enumerate() {
            let weight = f64::from(weights.of(row));
            for ((o, t), unit) in out.iter().zip(y).zip(&mut self.units) {
                let (o, t) = (f64::from(*o), f64::from(*t));
                let new = [t, t * t, (t - o) * (t - o), 1.0];
                for (sum, new) in unit.iter_mut().zip(new) {
                    *sum += weight * new;
                }
                unit[4] += 1.0;
            }
        }
    }

    fn result(&self) -> f32 {
        let (mut sum, mut weights, mut n) = (0.0, 0.0, 0.0);
        for unit in self.units {
            let (score, total) = score(unit);
            let weight = match self.class_aggregation {
                ClassAggregation::UniformAverage | ClassAggregation::Unknown(_) => 1.0,
                ClassAggregation::VarianceWeightedAverage => total,
            };
            sum += weight * score;
            weights += weight;
            n += unit[4];
        }
        let score = quotient(sum, weights);
        let p = self.num_regressors as f64;
        if p == 0.0 || n <= p + 1.0 {
            return score as f32;
        }
        (1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0)) as f32
    }

    fn state(&mut self) -> &mut [f64] {
        self.units.as_flattened_mut()
    }
}
