//! A user's function as a metric.

use super::Metric;
use super::mean::{Mean, counts_in_a_mean};
use crate::losses::Weights;
use crate::tensor::Tensor;

/// The mean of a function of each sample: see [`function`].
#[derive(Clone, Copy, Debug)]
pub struct Function<F> {
    name: &'static str,
    f: F,
    mean: Mean,
}

/// A metric from a plain function of a sample's target and output: the mean over the samples, each times
/// its weight.
///
/// The types of the arguments say for which model and targets it is. For what is no mean implement
/// [`Metric`].
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{self, Metric};
///
/// fn mean_pred(_y_true: &[f32; 2], y_pred: &[f32; 2]) -> f32 {
///     (y_pred[0] + y_pred[1]) / 2.0
/// }
/// let mut metric = metrics::function("mean_pred", mean_pred);
/// metric.update(&[[0.25, 0.75], [1.0, 3.0]], &[[0.0; 2]; 2], None);
/// metric.update(&[[4.0, 5.0]], &[[0.0; 2]], None);
/// assert_eq!(metric.result(), (0.5 + 2.0 + 4.5) / 3.0);
///
/// // As a closure: whether every element is exactly right.
/// let all_right = |y_true: &[f32; 2], y_pred: &[f32; 2]| f32::from(u8::from(y_true == y_pred));
/// let mut metric = metrics::function("all_right", all_right);
/// metric.update(&[[0.0, 1.0], [1.0, 1.0]], &[[0.0, 1.0], [0.0, 1.0]], None);
/// assert_eq!(metric.result(), 0.5);
/// ```
#[must_use]
pub const fn function<Out, Y, F>(name: &'static str, f: F) -> Function<F>
where
    F: Fn(&Y, &Out) -> f32,
{
    let mean = Mean::new();
    Function { name, f, mean }
}

#[diagnostic::do_not_recommend]
impl<Out, Y, F> Metric<Out, Y> for Function<F>
where
    Out: Tensor<Elem = f32>,
    F: Fn(&Y, &Out) -> f32 + Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn masked(&self) -> bool {
        true
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        let weights = Weights::new(out, weight);
        for (i, (out, y)) in out.iter().zip(y).enumerate() {
            let weight = f64::from(weights.of_sample(i));
            self.mean.add(weight * f64::from((self.f)(y, out)), weight);
        }
    }

    counts_in_a_mean!();
}
