//! The share of rows whose largest output is the right class.

use super::mean::{Mean, counts_in_a_mean, weighed};
use super::{Direction, Metric};
use crate::losses::{Classes, Weights};
use crate::tensor::Tensor;

/// The share of rows whose largest output is where the largest target is, each times its weight. Of
/// equal ones the first counts.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{CategoricalAccuracy, Metric};
/// let mut metric = CategoricalAccuracy::new();
/// metric.update(&[[0.1, 0.9], [0.8, 0.2]], &[[0.0, 1.0], [0.0, 1.0]], Some(&[3.0, 1.0]));
/// assert_eq!(Metric::<[f32; 2], _>::result(&metric), 0.75);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct CategoricalAccuracy {
    mean: Mean,
}

/// The share of rows whose largest output has the target's number, each times its weight. Of equal
/// outputs the first counts.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Metric, SparseCategoricalAccuracy};
/// let mut metric = SparseCategoricalAccuracy::new();
/// metric.update(&[[0.1, 0.9], [0.8, 0.2]], &[1u32, 1], Some(&[3.0, 1.0]));
/// assert_eq!(Metric::<[f32; 2], _>::result(&metric), 0.75);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct SparseCategoricalAccuracy {
    mean: Mean,
}

impl CategoricalAccuracy {
    /// With nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        CategoricalAccuracy { mean: Mean::new() }
    }
}

impl SparseCategoricalAccuracy {
    /// With nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        SparseCategoricalAccuracy { mean: Mean::new() }
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Metric<Out, Out> for CategoricalAccuracy {
    fn name(&self) -> &'static str {
        "categorical_accuracy"
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some("categorical_accuracy".into())
    }

    fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
        let width = Out::SHAPE.last().max(1);
        let classes = Out::flat(y).chunks_exact(width).map(argmax);
        count(&mut self.mean, out, classes, weight, |out, class| {
            argmax(out) == class
        });
    }

    counts_in_a_mean!();
}

#[diagnostic::do_not_recommend]
impl<Out: Classes<Target = Y>, Y: Tensor<Elem = u32>> Metric<Out, Y> for SparseCategoricalAccuracy {
    fn name(&self) -> &'static str {
        "sparse_categorical_accuracy"
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some("sparse_categorical_accuracy".into())
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        let classes = Y::flat(y).iter().map(|c| *c as usize);
        count(&mut self.mean, out, classes, weight, |out, class| {
            argmax(out) == class
        });
    }

    counts_in_a_mean!();
}

/// Counts the rows whose class the outputs give as `right` says.
pub(super) fn count<Out: Tensor<Elem = f32>>(
    mean: &mut Mean,
    out: &[Out],
    classes: impl Iterator<Item = usize>,
    weight: Option<&[f32]>,
    right: impl Fn(&[f32], usize) -> bool,
) {
    let weights = Weights::new(out, weight);
    let rows = Out::flat(out).chunks_exact(Out::SHAPE.last().max(1));
    for (row, (out, class)) in rows.zip(classes).enumerate() {
        let weight = weighed(weights.of(row), out);
        mean.add(if right(out, class) { weight } else { 0.0 }, weight);
    }
}

/// The index of the largest value, of equal ones the first; NaN is passed over: see [`weighed`].
pub(crate) fn argmax(row: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (i, &v) in row.iter().enumerate() {
        if v > best.1 {
            best = (i, v);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::argmax;

    #[test]
    fn of_equal_outputs_the_first() {
        assert_eq!(argmax(&[0.2, 0.4, 0.4]), 1);
        assert_eq!(argmax(&[f32::NAN, -1.0]), 1);
        assert_eq!(argmax(&[]), 0);
    }
}
