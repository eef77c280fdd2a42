//! The share of right yes-no answers.

use super::arguments::in_0_to_1;
use super::mean::{Mean, counts_in_a_mean, weighed};
use super::{Direction, Metric};
use crate::losses::Weights;
use crate::tensor::Tensor;
use crate::text::Note;

/// The share of elements with `(output > threshold) == target`, each row times its weight.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{BinaryAccuracy, Metric};
/// let mut metric = BinaryAccuracy::new().threshold(0.7);
/// metric.update(&[[0.6, 0.8, 0.1, 0.9]], &[[1.0, 1.0, 0.0, 0.0]], None);
/// assert_eq!(Metric::<[f32; 4], _>::result(&metric), 0.5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BinaryAccuracy {
    threshold: f32,
    mean: Mean,
}

impl BinaryAccuracy {
    /// With Keras's default `threshold = 0.5`.
    #[must_use]
    pub const fn new() -> Self {
        BinaryAccuracy {
            threshold: 0.5,
            mean: Mean::new(),
        }
    }

    /// What an output must be above to be a yes; from 0 to 1.
    #[must_use]
    pub const fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Default for BinaryAccuracy {
    fn default() -> Self {
        BinaryAccuracy::new()
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Metric<Out, Out> for BinaryAccuracy {
    fn name(&self) -> &'static str {
        "binary_accuracy"
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::object(
            "BinaryAccuracy",
            &[("threshold", &self.threshold)],
        ))
    }

    fn check_arguments(&self) -> Option<Note> {
        in_0_to_1("threshold", self.threshold)
    }

    fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
        let (weights, width) = (Weights::new(out, weight), Out::SHAPE.last().max(1));
        let rows = Out::flat(out).chunks_exact(width);
        for (row, (out, y)) in rows.zip(Out::flat(y).chunks_exact(width)).enumerate() {
            let weight = weighed(weights.of(row), out);
            self.mean
                .add(weight * right(out, y, self.threshold), weight);
        }
    }

    counts_in_a_mean!();
}

/// The share of a row's elements that are right.
pub(super) fn right(out: &[f32], y: &[f32], threshold: f32) -> f64 {
    let pairs = out.iter().zip(y);
    let right = pairs.filter(|(o, t)| **t == if **o > threshold { 1.0 } else { 0.0 });
    right.count() as f64 / out.len().max(1) as f64
}
