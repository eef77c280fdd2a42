//! The four counts of right and wrong answers.

use super::Metric;
use super::confusion::{Selection, mean_of};
use crate::tensor::Tensor;
use crate::text::Note;

macro_rules! count {
    (
        $(#[$doc:meta])*
        $metric:ident, $name:literal, |$answer:ident, $label:ident| $counts:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $metric<const T: usize = 1> {
            selection: Selection<T>,
            counts: [f64; T],
        }

        impl $metric {
            /// With Keras's default, one threshold of 0.5.
            #[must_use]
            pub const fn new() -> Self {
                $metric {
                    selection: Selection::new(),
                    counts: [0.0],
                }
            }

            /// What an output must be above to be a positive answer, from 0 to 1; a count for each.
            #[must_use]
            pub const fn thresholds<const T: usize>(self, thresholds: [f32; T]) -> $metric<T> {
                $metric {
                    selection: self.selection.at(thresholds),
                    counts: [0.0; T],
                }
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                $metric::new()
            }
        }

        impl<const T: usize> $metric<T> {
            /// The count at each threshold; `fit` reports their mean.
            #[must_use]
            pub fn values(&self) -> [f32; T] {
                self.counts.map(|count| count as f32)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<Out: Tensor<Elem = f32>, const T: usize> Metric<Out, Out> for $metric<T> {
            fn name(&self) -> &'static str {
                $name
            }

            fn check_arguments(&self) -> Option<Note> {
                self.selection.wrong::<Out>()
            }

            fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
                let counts = &mut self.counts;
                self.selection.each(out, y, weight, |i, $answer, $label, weight| {
                    let counts_it = weight.is_nan() || ($counts);
                    if let Some(count) = counts.get_mut(i).filter(|_| counts_it) {
                        *count += weight;
                    }
                });
            }

            fn result(&self) -> f32 {
                mean_of(self.values())
            }

            fn state(&mut self) -> &mut [f64] {
                &mut self.counts
            }
        }
    };
}

count! {
    /// How many elements are positive and rightly called so, each row times its weight. Targets other
    /// than 0 are positive.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, TruePositives};
    /// let mut metric = TruePositives::new();
    /// metric.update(&[[0.9], [0.8], [0.6], [0.1]], &[[1.0], [1.0], [0.0], [1.0]], None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 2.0);
    /// ```
    TruePositives, "true_positives", |answer, label| answer && label
}

count! {
    /// How many elements are negative and wrongly called positive, each row times its weight.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{FalsePositives, Metric};
    /// let mut metric = FalsePositives::new().thresholds([0.5, 0.7]);
    /// metric.update(&[[0.9], [0.8], [0.6], [0.1]], &[[1.0], [1.0], [0.0], [1.0]], None);
    /// assert_eq!(metric.values(), [1.0, 0.0]);
    /// ```
    FalsePositives, "false_positives", |answer, label| answer && !label
}

count! {
    /// How many elements are negative and rightly called so, each row times its weight.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, TrueNegatives};
    /// let mut metric = TrueNegatives::new();
    /// metric.update(&[[0.2], [0.8]], &[[0.0], [0.0]], Some(&[3.0, 1.0]));
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 3.0);
    /// ```
    TrueNegatives, "true_negatives", |answer, label| !answer && !label
}

count! {
    /// How many elements are positive and wrongly called negative, each row times its weight.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{FalseNegatives, Metric};
    /// let mut metric = FalseNegatives::new();
    /// metric.update(&[[0.2], [0.8]], &[[1.0], [1.0]], None);
    /// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 1.0);
    /// ```
    FalseNegatives, "false_negatives", |answer, label| !answer && label
}
