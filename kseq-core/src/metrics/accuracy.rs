//! The share of right answers.

use super::binary_accuracy::right;
use super::categorical_accuracy::argmax;
use super::mean::{Mean, counts_in_a_mean, weighed};
use super::{Direction, Metric};
use crate::base::sealed::Sealed;
use crate::losses::{self, Weights};
use crate::open::Open;
use crate::tensor::Tensor;

/// The share of right answers: Keras's `accuracy`, weighted by the samples' weights.
///
/// What is right depends on the targets, and on the loss:
///
/// | targets, outputs | right is | Keras |
/// |---|---|---|
/// | as the outputs, one unit | `(output > 0.5) == target` | `binary_accuracy` |
/// | as the outputs, several units | the largest output is where the largest target is | `categorical_accuracy` |
/// | the same, loss [`BinaryCrossentropy`](losses::BinaryCrossentropy) | the share of units with `(output > 0.5) == target` | `binary_accuracy` |
/// | class numbers | the largest output has the target's number | `sparse_categorical_accuracy` |
///
/// The third line is Keras 2's; Keras 3 takes `categorical_accuracy` there, whatever the loss.
///
/// Of equal outputs the first counts. In outputs of higher rank every row (last axis) is an answer.
/// Right answers are counted, not averaged by batch, so uneven batches make no difference.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Accuracy, Metric};
/// let mut metric = Accuracy;
/// let out = [[0.1, 0.7, 0.2], [0.5, 0.5, 0.0], [0.0, 0.1, 0.9]];
/// metric.update(&out, &[1u32, 1, 2], None);
/// assert!((Metric::<[f32; 3], u32>::result(&metric) - 2.0 / 3.0).abs() < 1e-7);
/// // Three more, the same but one-hot; the wrong one has weight 2.
/// let y = [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
/// metric.update(&out, &y, Some(&[1.0, 2.0, 1.0]));
/// assert!((Metric::<[f32; 3], u32>::result(&metric) - 4.0 / 7.0).abs() < 1e-7);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Accuracy {
    binary: bool,
    mean: Mean,
}

/// The metric with nothing counted yet, so that `(Accuracy,)` is a value.
#[allow(non_upper_case_globals)]
pub const Accuracy: Accuracy = Accuracy {
    binary: false,
    mean: Mean::new(),
};

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, Y: AccuracyTarget<Out>> Metric<Out, Y> for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some("accuracy".into())
    }

    fn compiled_with(&mut self, accuracy: losses::Accuracy) {
        self.binary = accuracy == losses::Accuracy::Binary;
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        let (weights, mean) = (Weights::new(out, weight), &mut self.mean);
        let mut row = 0;
        let mut count = |right: f64| {
            let weight = f64::from(weights.of(row));
            // What counts nothing may be NaN.
            mean.add(if weight == 0.0 { 0.0 } else { weight * right }, weight);
            row += 1;
        };
        for (out, y) in out.iter().zip(y) {
            y.rows(out, self.binary, &mut count);
        }
    }

    counts_in_a_mean!();
}

/// Targets that [`struct@Accuracy`] can compare with outputs `Out`: the type of the outputs, or class numbers
/// (`u32` for `[f32; N]`, `[u32; T]` for `[[f32; N]; T]`).
#[diagnostic::on_unimplemented(
    message = "metric `Accuracy` does not fit: the model gives `{Out}` and the targets are `{Self}`",
    label = "this metric",
    note = "targets are of the type of the outputs, or class numbers: `u32` for `[f32; N]`"
)]
pub trait AccuracyTarget<Out>: Sealed {
    /// Calls `f` for each row (answer) with 1 if it is right, 0 if not, NaN if an output is; `binary` asks for each unit's
    /// share.
    fn rows(&self, out: &Out, binary: bool, f: &mut impl FnMut(f64));
}

impl<const N: usize> AccuracyTarget<[f32; N]> for [f32; N] {
    fn rows(&self, out: &[f32; N], binary: bool, f: &mut impl FnMut(f64)) {
        if binary || N == 1 {
            f(weighed(1.0, out) * right(out, self, 0.5));
        } else {
            f(weighed(1.0, out) * f64::from(u8::from(argmax(out) == argmax(self))));
        }
    }
}

impl<const N: usize> AccuracyTarget<[f32; N]> for u32 {
    fn rows(&self, out: &[f32; N], _binary: bool, f: &mut impl FnMut(f64)) {
        let class = match out.as_slice() {
            [p] => usize::from(*p > 0.5),
            several => argmax(several),
        };
        f(weighed(1.0, out) * f64::from(u8::from(class == *self as usize)));
    }
}

impl<Out, Y: AccuracyTarget<Out>, const A: usize> AccuracyTarget<[Out; A]> for [Y; A] {
    fn rows(&self, out: &[Out; A], binary: bool, f: &mut impl FnMut(f64)) {
        for (out, y) in out.iter().zip(self) {
            y.rows(out, binary, f);
        }
    }
}

impl<Out, Y: AccuracyTarget<Out>, const AXES: usize> AccuracyTarget<Open<Out, AXES>>
    for Open<Y, AXES>
{
    fn rows(&self, out: &Open<Out, AXES>, binary: bool, f: &mut impl FnMut(f64)) {
        self.0.rows(&out.0, binary, f);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<Out: Tensor<Elem = f32>, Y: AccuracyTarget<Out>>(
        out: &[Out],
        y: &[Y],
        weight: Option<&[f32]>,
        loss: losses::Accuracy,
    ) -> f32 {
        let mut metric = Accuracy;
        Metric::<Out, Y>::compiled_with(&mut metric, loss);
        metric.update(out, y, weight);
        Metric::<Out, Y>::result(&metric)
    }

    #[test]
    fn the_three_kinds() {
        use losses::Accuracy::{Binary, ByShape};
        let out = [[0.6, 0.9], [0.5, 0.2], [0.7, 0.1], [0.1, 0.3]];
        let y = [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]];
        assert_eq!(of(&out, &y, None, ByShape), 0.5);
        assert_eq!(of(&out, &y, None, Binary), (0.5 + 0.5 + 1.0 + 0.5) / 4.0);
        assert_eq!(of(&out, &[1u32, 1, 0, 0], None, ByShape), 0.5);
        // 0.5 is no; a target between is never met.
        let (out, y) = ([[0.5], [0.51], [0.2], [0.9]], [[0.0], [1.0], [1.0], [0.9]]);
        assert_eq!(of(&out, &y, None, ByShape), 0.5);
        assert_eq!(of(&out, &[0u32, 1, 1, 1], None, ByShape), 0.75);
    }

    #[test]
    fn rows_of_higher_ranks_and_weights() {
        use losses::Accuracy::ByShape;
        let out = [[[0.1, 0.9], [0.8, 0.2]], [[0.4, 0.6], [0.3, 0.7]]];
        assert_eq!(of(&out, &[[1u32, 0], [0, 0]], None, ByShape), 0.5);
        assert_eq!(
            of(&out, &[[1u32, 0], [0, 0]], Some(&[3.0, 1.0]), ByShape),
            0.75
        );
        assert_eq!(of(&out, &out, None, ByShape), 1.0);
        // One weight for each row.
        let rows = [1.0, 2.0, 0.0, 1.0];
        assert_eq!(of(&out, &[[1u32, 0], [0, 0]], Some(&rows), ByShape), 0.75);
        assert_eq!(
            of(&out, &[[1u32, 0], [0, 0]], Some(&[0.0, 0.0]), ByShape),
            0.0
        );
    }

    #[test]
    fn uneven_batches_count_each_sample_once() {
        let (out, y) = ([[0.0, 1.0]; 7], [1u32, 0, 0, 0, 0, 1, 1]);
        let mut metric = Accuracy;
        for (out, y) in out.chunks(5).zip(y.chunks(5)) {
            metric.update(out, y, None);
        }
        let metric_of = |m: &Accuracy| Metric::<[f32; 2], u32>::result(m);
        assert_eq!(metric_of(&metric), 3.0 / 7.0);
        Metric::<[f32; 2], u32>::reset(&mut metric);
        assert_eq!(metric_of(&metric), 0.0);
        metric.update(&out[..1], &y[..1], None);
        assert_eq!(metric_of(&metric), 1.0);
        assert_eq!(Metric::<[f32; 2], u32>::name(&metric), "accuracy");
    }
}
