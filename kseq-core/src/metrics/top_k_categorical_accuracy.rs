//! The share of rows whose right class is among the k largest outputs.

use super::arguments::at_least_1;
use super::categorical_accuracy::{argmax, count};
use super::mean::{Mean, counts_in_a_mean};
use super::{Direction, Metric};
use crate::losses::Classes;
use crate::tensor::Tensor;
use crate::text::Note;

macro_rules! top_k {
    ($(#[$doc:meta])* $metric:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $metric {
            k: usize,
            mean: Mean,
        }

        impl $metric {
            /// With Keras's default `k = 5`.
            #[must_use]
            pub const fn new() -> Self {
                $metric { k: 5, mean: Mean::new() }
            }

            /// How many outputs may be as large as the right one, itself included; at least 1.
            #[must_use]
            pub const fn k(mut self, k: usize) -> Self {
                self.k = k;
                self
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                $metric::new()
            }
        }
    };
}

top_k! {
    /// The share of rows for which fewer than `k` outputs are larger than that of the right class (where
    /// the largest target is), each times its weight. A row with infinity is wrong, and NaN gives NaN.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, TopKCategoricalAccuracy};
    /// let mut metric = TopKCategoricalAccuracy::new().k(2);
    /// let out = [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]];
    /// metric.update(&out, &[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], None);
    /// assert_eq!(Metric::<[f32; 3], _>::result(&metric), 0.5);
    /// ```
    TopKCategoricalAccuracy
}

top_k! {
    /// The share of rows for which fewer than `k` outputs are larger than that of the target's class,
    /// each times its weight. A row with infinity is wrong, and NaN gives NaN.
    ///
    /// ```
    /// # use kseq_core as kseq;
    /// use kseq::metrics::{Metric, SparseTopKCategoricalAccuracy};
    /// let mut metric = SparseTopKCategoricalAccuracy::new().k(2);
    /// let out = [[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]];
    /// metric.update(&out, &[2u32, 0], None);
    /// assert_eq!(Metric::<[f32; 3], _>::result(&metric), 0.5);
    /// ```
    SparseTopKCategoricalAccuracy
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Metric<Out, Out> for TopKCategoricalAccuracy {
    fn name(&self) -> &'static str {
        "top_k_categorical_accuracy"
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn check_arguments(&self) -> Option<Note> {
        at_least_1("k", self.k)
    }

    fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
        let (k, width) = (self.k, Out::SHAPE.last().max(1));
        let classes = Out::flat(y).chunks_exact(width).map(argmax);
        count(&mut self.mean, out, classes, weight, |out, class| {
            in_top_k(out, class, k)
        });
    }

    counts_in_a_mean!();
}

#[diagnostic::do_not_recommend]
impl<Out: Classes<Target = Y>, Y: Tensor<Elem = u32>> Metric<Out, Y>
    for SparseTopKCategoricalAccuracy
{
    fn name(&self) -> &'static str {
        "sparse_top_k_categorical_accuracy"
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Up)
    }

    fn check_arguments(&self) -> Option<Note> {
        at_least_1("k", self.k)
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        let k = self.k;
        let classes = Y::flat(y).iter().map(|c| *c as usize);
        count(&mut self.mean, out, classes, weight, |out, class| {
            in_top_k(out, class, k)
        });
    }

    counts_in_a_mean!();
}

/// TensorFlow's `in_top_k`: equal outputs are all in.
fn in_top_k(out: &[f32], class: usize, k: usize) -> bool {
    let Some(right) = out.get(class) else {
        return false;
    };
    out.iter().all(|o| o.is_finite()) && out.iter().filter(|o| *o > right).count() < k
}

#[cfg(test)]
mod tests {
    use super::in_top_k;

    #[test]
    fn ties_are_in_and_what_is_not_finite_is_out() {
        assert!(in_top_k(&[0.5, 0.5, 0.5], 2, 1));
        assert!(!in_top_k(&[0.5, 0.6, 0.5], 2, 1));
        assert!(!in_top_k(&[f32::NAN, 0.6], 1, 1));
        assert!(!in_top_k(&[0.5, 0.6], 2, 2));
    }
}
