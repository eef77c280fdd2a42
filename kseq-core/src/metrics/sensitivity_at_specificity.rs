//! The best of one rate at thresholds where another is good enough.

use super::arguments::in_0_to_1;
use super::confusion::{UnitFilter, class_id, elements};
use super::histogram::{self, Confusion, Histogram};
use super::mean::quotient;
use super::{Direction, Metric};
use crate::tensor::Tensor;
use crate::text::Note;

fn recall(c: Confusion) -> f64 {
    quotient(c.true_positives, c.true_positives + c.false_negatives)
}

fn specificity(c: Confusion) -> f64 {
    quotient(c.true_negatives, c.true_negatives + c.false_positives)
}

fn precision(c: Confusion) -> f64 {
    quotient(c.true_positives, c.true_positives + c.false_positives)
}

macro_rules! best {
    (
        $(#[$doc:meta])*
        $metric:ident, $name:literal, $wanted:ident at $argument:ident = $given:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $metric<const N: usize = 200> {
            least: f32,
            class_id: Option<usize>,
            histogram: Histogram<N>,
        }

        impl $metric {
            #[doc = concat!("The best where `", stringify!($argument), "` is at least this, from 0 to 1; 200 thresholds.")]
            #[must_use]
            pub const fn new($argument: f32) -> Self {
                $metric {
                    least: $argument,
                    class_id: None,
                    histogram: histogram::empty(),
                }
            }
        }

        impl<const N: usize> $metric<N> {
            /// With `M` thresholds from 0 to 1. At least 2; fewer do not compile.
            #[must_use]
            pub const fn num_thresholds<const M: usize>(self) -> $metric<M> {
                $metric {
                    least: self.least,
                    class_id: self.class_id,
                    histogram: histogram::empty(),
                }
            }

            /// Only this unit counts.
            #[must_use]
            pub const fn class_id(mut self, class_id: usize) -> Self {
                self.class_id = Some(class_id);
                self
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Out: Tensor<Elem = f32>, const N: usize> Metric<Out, Out> for $metric<N> {
            fn name(&self) -> &'static str {
                $name
            }

            fn direction(&self) -> Option<Direction> {
                Some(Direction::Up)
            }

            fn check_arguments(&self) -> Option<Note> {
                in_0_to_1(stringify!($argument), self.least)
                    .or_else(|| self.class_id.and_then(class_id::<Out>))
            }

            fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
                let units = UnitFilter {
                    class_id: self.class_id,
                    ..UnitFilter::default()
                };
                elements(out, y, weight, units, |of| {
                    histogram::add(&mut self.histogram, of, 0);
                });
            }

            fn result(&self) -> f32 {
                if histogram::has_nan(&self.histogram) {
                    return f32::NAN;
                }
                let mut best: f64 = 0.0;
                histogram::each(&self.histogram, |c| {
                    // As `f32`s, so that 0.8 is reached by 4 of 5.
                    if $given(c) as f32 >= self.least {
                        best = best.max($wanted(c));
                    }
                });
                best as f32
            }

            fn state(&mut self) -> &mut [f64] {
                self.histogram.as_flattened_mut()
            }
        }
    };
}

best! {
    /// The best sensitivity, `TP / (TP + FN)`, at thresholds where the specificity, `TN / (TN + FP)`, is
    /// good enough.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, SensitivityAtSpecificity};
    /// let mut metric = SensitivityAtSpecificity::new(0.5);
    /// let (out, y) = ([[0.0], [0.3], [0.8], [0.3], [0.8]], [[0.0], [0.0], [0.0], [1.0], [1.0]]);
    /// metric.update(&out, &y, None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 0.5);
    /// ```
    SensitivityAtSpecificity, "sensitivity_at_specificity", recall at specificity = specificity
}

best! {
    /// The best specificity, `TN / (TN + FP)`, at thresholds where the sensitivity, `TP / (TP + FN)`, is
    /// good enough.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, SpecificityAtSensitivity};
    /// let mut metric = SpecificityAtSensitivity::new(0.5);
    /// let (out, y) = ([[0.0], [0.3], [0.8], [0.3], [0.8]], [[0.0], [0.0], [0.0], [1.0], [1.0]]);
    /// metric.update(&out, &y, None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 2.0 / 3.0);
    /// ```
    SpecificityAtSensitivity, "specificity_at_sensitivity", specificity at sensitivity = recall
}

best! {
    /// The best precision, `TP / (TP + FP)`, at thresholds where the recall, `TP / (TP + FN)`, is good
    /// enough.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, PrecisionAtRecall};
    /// let mut metric = PrecisionAtRecall::new(0.5);
    /// let (out, y) = ([[0.0], [0.3], [0.8], [0.3], [0.8]], [[0.0], [0.0], [0.0], [1.0], [1.0]]);
    /// metric.update(&out, &y, None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 0.5);
    /// ```
    PrecisionAtRecall, "precision_at_recall", precision at recall = recall
}

best! {
    /// The best recall, `TP / (TP + FN)`, at thresholds where the precision, `TP / (TP + FP)`, is good
    /// enough.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, RecallAtPrecision};
    /// let mut metric = RecallAtPrecision::new(0.8);
    /// let (out, y) = ([[0.0], [0.3], [0.5], [0.3], [0.8]], [[0.0], [0.0], [0.0], [1.0], [1.0]]);
    /// metric.update(&out, &y, None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 0.5);
    /// ```
    RecallAtPrecision, "recall_at_precision", recall at precision = precision
}
