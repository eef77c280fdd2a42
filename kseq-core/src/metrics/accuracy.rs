//! The share of right answers.

use super::Metric;
use crate::losses;
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
/// Of equal outputs the first counts. In outputs of higher rank every row (last axis) is an answer.
/// Right answers are counted, not averaged by batch, so uneven batches make no difference.
///
/// ```
/// use kseq_core::metrics::{Accuracy, Metric};
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
    right: f64,
    total: f64,
}

/// The metric with nothing counted yet, so that `(Accuracy,)` is a value.
#[allow(non_upper_case_globals)]
pub const Accuracy: Accuracy = Accuracy {
    binary: false,
    right: 0.0,
    total: 0.0,
};

impl<Out: Tensor<Elem = f32>, Y: AccuracyTarget<Out>> Metric<Out, Y> for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }

    fn compiled_with(&mut self, accuracy: losses::Accuracy) {
        self.binary = accuracy == losses::Accuracy::Binary;
    }

    fn reset(&mut self) {
        self.right = 0.0;
        self.total = 0.0;
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        for (i, (out, y)) in out.iter().zip(y).enumerate() {
            let weight = weight.map_or(1.0, |w| w.get(i).copied().unwrap_or(0.0));
            self.right += f64::from(weight) * y.right(out, self.binary);
            self.total += f64::from(weight) * Y::ANSWERS as f64;
        }
    }

    fn result(&self) -> f32 {
        if self.total == 0.0 {
            return 0.0;
        }
        (self.right / self.total) as f32
    }
}

/// Targets that [`struct@Accuracy`] can compare with outputs `Out`: the type of the outputs, or class numbers
/// (`u32` for `[f32; N]`, `[u32; T]` for `[[f32; N]; T]`).
#[diagnostic::on_unimplemented(
    message = "metric `Accuracy` does not fit: the model gives `{Out}` and the targets are `{Self}`",
    label = "this metric",
    note = "targets are of the type of the outputs, or class numbers: `u32` for `[f32; N]`"
)]
pub trait AccuracyTarget<Out> {
    /// The answers (rows) in a sample.
    const ANSWERS: usize;
    /// How many of them are right; `binary` asks for each unit's share.
    fn right(&self, out: &Out, binary: bool) -> f64;
}

impl<const N: usize> AccuracyTarget<[f32; N]> for [f32; N] {
    const ANSWERS: usize = 1;

    fn right(&self, out: &[f32; N], binary: bool) -> f64 {
        if binary || N == 1 {
            let pairs = out.iter().zip(self);
            let right = pairs.filter(|(o, t)| **t == if **o > 0.5 { 1.0 } else { 0.0 });
            right.count() as f64 / N.max(1) as f64
        } else {
            f64::from(u8::from(argmax(out) == argmax(self)))
        }
    }
}

impl<const N: usize> AccuracyTarget<[f32; N]> for u32 {
    const ANSWERS: usize = 1;

    fn right(&self, out: &[f32; N], _binary: bool) -> f64 {
        let class = match out.as_slice() {
            [p] => usize::from(*p > 0.5),
            several => argmax(several),
        };
        f64::from(u8::from(class == *self as usize))
    }
}

impl<Out, Y: AccuracyTarget<Out>, const A: usize> AccuracyTarget<[Out; A]> for [Y; A] {
    const ANSWERS: usize = A * Y::ANSWERS;

    fn right(&self, out: &[Out; A], binary: bool) -> f64 {
        out.iter().zip(self).map(|(o, y)| y.right(o, binary)).sum()
    }
}

/// The index of the largest value, of equal ones the first.
fn argmax(row: &[f32]) -> usize {
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

    #[test]
    fn of_equal_outputs_the_first() {
        assert_eq!(argmax(&[0.2, 0.4, 0.4]), 1);
        assert_eq!(argmax(&[f32::NAN, -1.0]), 1);
        assert_eq!(argmax(&[]), 0);
    }
}
