//! How outputs and targets vary together.

use super::mean::{Mean, counts_in_a_mean, weighed};
use super::{Direction, Metric};
use crate::losses::Weights;
use crate::losses::groups::{Groups, row};
use crate::tensor::Tensor;
use crate::text::Note;

/// Means, variances and covariance of outputs and targets.
struct Moments {
    means: [f64; 2],
    variances: [f64; 2],
    covariance: f64,
}

impl Moments {
    fn of(groups: &Groups, group: usize, out: &[f32], y: &[f32]) -> Self {
        let pairs = || {
            let rows = groups.rows(group);
            rows.flat_map(|at| row(out, at).zip(row(y, at)))
                .map(|(o, t)| (f64::from(*o), f64::from(*t)))
        };
        let (mut count, mut means) = (0.0, [0.0; 2]);
        for (o, t) in pairs() {
            count += 1.0;
            means[0] += o;
            means[1] += t;
        }
        means = means.map(|sum| sum / count);
        let (mut variances, mut covariance) = ([0.0; 2], 0.0);
        for (o, t) in pairs() {
            let (o, t) = (o - means[0], t - means[1]);
            variances[0] += o * o / count;
            variances[1] += t * t / count;
            covariance += o * t / count;
        }
        Moments {
            means,
            variances,
            covariance,
        }
    }

    /// NaN where one of them does not vary.
    fn pearson(&self) -> f64 {
        let product = self.variances[0] * self.variances[1];
        self.covariance / f64::from(crate::math::sqrt(product as f32))
    }

    fn concordance(&self) -> f64 {
        let apart = self.means[1] - self.means[0];
        let all = self.variances[0] + self.variances[1] + apart * apart;
        2.0 * self.covariance / (all + 1e-7)
    }
}

/// The place of an axis of a batch of so many axes, the batch being axis 0.
fn place(axis: isize, rank: usize) -> Option<usize> {
    let place = match axis {
        ..0 => rank.checked_add_signed(axis)?,
        _ => axis.unsigned_abs(),
    };
    (1..rank).contains(&place).then_some(place)
}

macro_rules! correlation {
    ($(#[$doc:meta])* $metric:ident, $name:literal, $value:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $metric {
            axis: isize,
            mean: Mean,
        }

        impl $metric {
            /// Along the last axis.
            #[must_use]
            pub const fn new() -> Self {
                $metric {
                    axis: -1,
                    mean: Mean::new(),
                }
            }

            /// The axis along which it is taken, the batch being axis 0 as in Keras; not the batch itself.
            #[must_use]
            pub const fn axis(mut self, axis: isize) -> Self {
                self.axis = axis;
                self
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                $metric::new()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Out: Tensor<Elem = f32>> Metric<Out, Out> for $metric {
            fn name(&self) -> &'static str {
                $name
            }

            fn direction(&self) -> Option<Direction> {
                Some(Direction::Up)
            }

            fn masked(&self) -> bool {
                place(self.axis, Out::SHAPE.rank() + 1) == Some(Out::SHAPE.rank())
            }

            fn check_arguments(&self) -> Option<Note> {
                let rank = Out::SHAPE.rank();
                let Some(place) = place(self.axis, rank + 1) else {
                    let note = Note::new().str("axis must be 1 to ").num(rank);
                    let note = note.str(" or -1 to -").num(rank).str(", found ");
                    let sign = if self.axis < 0 { "-" } else { "" };
                    return Some(note.str(sign).num(self.axis.unsigned_abs()));
                };
                let note = Note::new().str("one value along its axis does not vary: it needs two or more");
                (Out::SHAPE.dim(place - 1) == 1).then_some(note)
            }

            fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
                let place = place(self.axis, Out::SHAPE.rank() + 1);
                let groups = Groups::new(Out::SHAPE, out.len(), |axis| Some(axis) == place);
                let (count, samples) = (groups.count(), out.len());
                let each = count.checked_div(samples).unwrap_or(0);
                let weights = Weights::of_values(samples, each, weight);
                let (out, y) = (Out::flat(out), Out::flat(y));
                for group in 0..count {
                    let value = Moments::of(&groups, group, out, y).$value();
                    let weight = weighed(weights.of(group), &[value as f32]);
                    self.mean.add(if weight == 0.0 { 0.0 } else { weight * value }, weight);
                }
            }

            counts_in_a_mean!();
        }
    };
}

correlation! {
    /// Pearson's correlation of output and target along an axis, the last one by default: their covariance divided by both
    /// deviations. From -1 to 1, where they rise and fall together. The mean over what remains.
    ///
    /// Where outputs or targets are all the same it is NaN, as in Keras.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, PearsonCorrelation};
    /// let mut metric = PearsonCorrelation::new();
    /// metric.update(&[[0.1, 0.9, 0.5], [1.0, 0.9, 0.2]], &[[0.0, 1.0, 0.5], [1.0, 1.0, 0.2]], None);
    /// assert!((Metric::<[f32; 3], _>::result(&metric) - 0.9966997).abs() < 1e-6);
    /// ```
    PearsonCorrelation, "pearson_correlation", pearson
}

correlation! {
    /// Lin's concordance of output and target along an axis, the last one by default: twice their covariance divided by the sum
    /// of both variances and the square of the means' difference. 1 only where they are equal. The mean over what remains.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{ConcordanceCorrelation, Metric};
    /// let mut metric = ConcordanceCorrelation::new();
    /// metric.update(&[[0.1, 0.9, 0.5], [1.0, 0.9, 0.2]], &[[0.0, 1.0, 0.5], [1.0, 1.0, 0.2]], None);
    /// assert!((Metric::<[f32; 3], _>::result(&metric) - 0.9816320).abs() < 1e-6);
    /// ```
    ConcordanceCorrelation, "concordance_correlation", concordance
}
