//! A metric with the samples' weights, or under another name.

use super::{Direction, Metric};
use crate::losses;
use crate::tensor::Tensor;
use crate::text::Note;

/// A metric that `fit` and `evaluate` give the weights of samples and classes: one of Keras's
/// `weighted_metrics`. Without it a metric counts every sample once, whatever the loss is weighted with.
///
/// If a metric of the same name is there without weights, this one is `weighted_accuracy`, as in Keras.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Accuracy, Metrics, Weighted};
/// let mut metrics = (Accuracy, Weighted(Accuracy));
/// metrics.update(&[[0.0, 1.0], [0.0, 1.0]], &[1u32, 0], Some(&[3.0, 1.0]));
/// assert_eq!(Metrics::<[f32; 2], u32>::values(&metrics), (0.5, 0.75));
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Weighted<M>(pub M);

/// A metric under another name (Keras's argument `name`).
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Metric, Named, Precision};
/// let metric = Named("precision_of_spam", Precision::new());
/// assert_eq!(Metric::<[f32; 1], [f32; 1]>::name(&metric), "precision_of_spam");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Named<M>(pub &'static str, pub M);

macro_rules! delegate {
    ($metric:tt) => {
        fn direction(&self) -> Option<Direction> {
            self.$metric.direction()
        }

        fn masked(&self) -> bool {
            self.$metric.masked()
        }

        fn compiled_with(&mut self, accuracy: losses::Accuracy) {
            self.$metric.compiled_with(accuracy);
        }

        fn check_arguments(&self) -> Option<Note> {
            self.$metric.check_arguments()
        }

        fn reset(&mut self) {
            self.$metric.reset();
        }

        fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
            self.$metric.update(out, y, weight);
        }

        fn result(&self) -> f32 {
            self.$metric.result()
        }

        fn merge_state(&mut self, state: &[f64]) {
            self.$metric.merge_state(state);
        }

        fn state(&mut self) -> &mut [f64] {
            self.$metric.state()
        }
    };
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, Y, M: Metric<Out, Y>> Metric<Out, Y> for Weighted<M> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn weighted(&self) -> bool {
        true
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        self.0.said()
    }

    delegate!(0);
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>, Y, M: Metric<Out, Y>> Metric<Out, Y> for Named<M> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn weighted(&self) -> bool {
        self.1.weighted()
    }

    /// An object has the name; Keras's word has its own.
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        let mut said = self.1.said()?;
        if let Some(config) = said.get_mut("config") {
            config["name"] = self.0.into();
        }
        Some(said)
    }

    delegate!(1);
}
