//! Precision and recall.

use super::confusion::{Selection, mean_of};
use super::mean::quotient;
use super::{Direction, Metric};
use crate::tensor::Tensor;
use crate::text::Note;

macro_rules! ratio {
    (
        $(#[$doc:meta])*
        $metric:ident, $name:literal, |$answer:ident, $label:ident| $of:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $metric<const T: usize = 1> {
            selection: Selection<T>,
            /// True positives and the others, for each threshold.
            counts: [[f64; 2]; T],
        }

        impl $metric {
            /// With Keras's defaults: one threshold of 0.5, no `top_k`, no `class_id`.
            #[must_use]
            pub const fn new() -> Self {
                $metric {
                    selection: Selection::new(),
                    counts: [[0.0; 2]],
                }
            }

            /// What an output must be above to be a positive answer, from 0 to 1; a value for each.
            #[must_use]
            pub const fn thresholds<const T: usize>(self, thresholds: [f32; T]) -> $metric<T> {
                $metric {
                    selection: self.selection.at(thresholds),
                    counts: [[0.0; 2]; T],
                }
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                $metric::new()
            }
        }

        impl<const T: usize> $metric<T> {
            /// Only the `k` largest outputs of a row are positive answers (of equal ones the first);
            /// without thresholds, all of them are.
            #[must_use]
            pub const fn top_k(mut self, k: usize) -> Self {
                self.selection.top_k = Some(k);
                self
            }

            /// Only this unit counts.
            #[must_use]
            pub const fn class_id(mut self, class_id: usize) -> Self {
                self.selection.class_id = Some(class_id);
                self
            }

            /// The value at each threshold; `fit` reports their mean.
            #[must_use]
            pub fn values(&self) -> [f32; T] {
                self.counts.map(|[true_positives, others]| {
                    quotient(true_positives, true_positives + others) as f32
                })
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Out: Tensor<Elem = f32>, const T: usize> Metric<Out, Out> for $metric<T> {
            fn name(&self) -> &'static str {
                $name
            }

            fn direction(&self) -> Option<Direction> {
                Some(Direction::Up)
            }

            fn check_arguments(&self) -> Option<Note> {
                self.selection.wrong::<Out>()
            }

            fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
                let counts = &mut self.counts;
                self.selection.each(out, y, weight, |i, $answer, $label, weight| {
                    if let Some([true_positives, others]) = counts.get_mut(i) {
                        if weight.is_nan() || ($answer && $label) {
                            *true_positives += weight;
                        } else if $of {
                            *others += weight;
                        }
                    }
                });
            }

            fn result(&self) -> f32 {
                mean_of(self.values())
            }

            fn state(&mut self) -> &mut [f64] {
                self.counts.as_flattened_mut()
            }
        }
    };
}

ratio! {
    /// Of the elements called positive, the share that is: `TP / (TP + FP)`, 0 of none. Targets other
    /// than 0 are positive; each row counts with its weight.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, Precision};
    /// let mut metric = Precision::new();
    /// metric.update(&[[0.9], [0.8], [0.6], [0.1]], &[[1.0], [1.0], [0.0], [1.0]], None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 2.0 / 3.0);
    ///
    /// // Among the two largest of three.
    /// let mut metric = Precision::new().top_k(2);
    /// metric.update(&[[0.1, 0.2, 0.3]], &[[1.0, 0.0, 1.0]], None);
    /// assert_eq!(metric.values(), [0.5]);
    /// ```
    Precision, "precision", |answer, label| answer && !label
}

ratio! {
    /// Of the elements that are positive, the share that is called so: `TP / (TP + FN)`, 0 of none.
    /// Targets other than 0 are positive; each row counts with its weight.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, Recall};
    /// let mut metric = Recall::new().thresholds([0.5, 0.85]);
    /// metric.update(&[[0.9], [0.8], [0.6], [0.1]], &[[1.0], [1.0], [0.0], [1.0]], None);
    /// assert_eq!(metric.values(), [2.0 / 3.0, 1.0 / 3.0]);
    /// ```
    Recall, "recall", |answer, label| !answer && label
}
