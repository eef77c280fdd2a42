//! What a metric is: [`Metric`], and the tuples of them that a model takes.

use crate::base::direction::Direction;
use crate::base::sealed::Sealed;
use crate::losses;
use crate::tensor::Tensor;
use crate::text::Note;

/// A metric of the outputs `Out` against the targets `Y`, over all samples since the last reset.
///
/// What it accumulates is a run of `f64`s, its [state](Metric::state): a checkpoint in the middle of an
/// epoch saves it.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::Metric;
///
/// /// The largest absolute error of all samples; weights do not matter to it.
/// #[derive(Default)]
/// struct MaxError([f64; 1]);
///
/// impl<const N: usize> Metric<[f32; N], [f32; N]> for MaxError {
///     fn name(&self) -> &'static str {
///         "max_error"
///     }
///     fn update(&mut self, out: &[[f32; N]], y: &[[f32; N]], _weight: Option<&[f32]>) {
///         for (o, t) in out.as_flattened().iter().zip(y.as_flattened()) {
///             self.0[0] = self.0[0].max(f64::from((o - t).abs()));
///         }
///     }
///     fn result(&self) -> f32 {
///         self.0[0] as f32
///     }
///     fn state(&mut self) -> &mut [f64] {
///         &mut self.0
///     }
/// }
/// let mut metric = MaxError::default();
/// metric.update(&[[1.0, 2.0]], &[[1.5, 4.0]], None);
/// metric.update(&[[0.0, 0.0]], &[[1.0, 0.0]], None);
/// assert_eq!(Metric::<[f32; 2], _>::result(&metric), 2.0);
/// Metric::<[f32; 2], _>::reset(&mut metric);
/// assert_eq!(Metric::<[f32; 2], _>::result(&metric), 0.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "metric `{Self}` does not fit: the model gives `{Out}` and the targets are `{Y}`",
    label = "this metric"
)]
pub trait Metric<Out: Tensor<Elem = f32>, Y>: Send {
    /// Keras's name: `accuracy`.
    fn name(&self) -> &'static str;
    /// Whether `fit` and `evaluate` give it the weights: see [`Weighted`](super::Weighted).
    fn weighted(&self) -> bool {
        false
    }
    /// Which values are better, if that is known.
    fn direction(&self) -> Option<Direction> {
        None
    }
    /// Called once by `compile`, with what the loss says of accuracy.
    fn compiled_with(&mut self, accuracy: losses::Accuracy) {
        let _ = accuracy;
    }
    /// What is wrong with the metric's own arguments, if anything: asked before anything is trained.
    fn check_arguments(&self) -> Option<Note> {
        None
    }
    /// Forgets all samples.
    fn reset(&mut self) {
        self.state().fill(0.0);
    }
    /// Takes in more samples. `weight` holds one weight for each sample, or one for each row: see
    /// [`Weights`](losses::Weights). Metrics of elements (`AUC`, `Precision`, `RootMeanSquaredError` ...) take one for each
    /// element, too.
    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>);
    /// The value over all samples since the last reset.
    fn result(&self) -> f32;
    /// All that it has accumulated: zeros after a reset. What is written here is taken over.
    fn state(&mut self) -> &mut [f64];
}

/// The most metrics that a model may have.
pub const MAX_METRICS: usize = 12;

/// The metrics of a model: a tuple of up to twelve, `(Accuracy,)` or `()`.
#[diagnostic::on_unimplemented(
    message = "the metrics `{Self}` do not fit: the model gives `{Out}` and the targets are `{Y}`",
    label = "these metrics",
    note = "metrics are a tuple of at most twelve: `(Accuracy,)`, or `()` for none"
)]
pub trait Metrics<Out: Tensor<Elem = f32>, Y>: Sealed + Send {
    /// The values of the metrics: a tuple of as many `f32`.
    type Values: Copy + core::fmt::Debug;

    /// Calls `f` with each metric, in order.
    fn for_each(&mut self, f: &mut dyn FnMut(&mut dyn Metric<Out, Y>));
    /// What is wrong with the arguments of a metric, and its name.
    fn check_arguments(&self) -> Option<(&'static str, Note)>;
    /// Takes in more samples; only [`Weighted`](super::Weighted) metrics get the weights.
    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        self.for_each(&mut |m| m.update(out, y, weight.filter(|_| m.weighted())));
    }
    /// The values over all samples since the last reset.
    fn values(&self) -> Self::Values;
}

macro_rules! value {
    ($name:ident) => {
        f32
    };
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<Out: Tensor<Elem = f32>, Y, $($name: Metric<Out, Y>),*> Metrics<Out, Y> for ($($name,)*) {
            type Values = ($(value!($name),)*);

            #[allow(non_snake_case, unused_variables)]
            fn for_each(&mut self, f: &mut dyn FnMut(&mut dyn Metric<Out, Y>)) {
                let ($($name,)*) = self;
                $(f($name);)*
            }

            #[allow(non_snake_case)]
            fn check_arguments(&self) -> Option<(&'static str, Note)> {
                let ($($name,)*) = self;
                $(if let Some(why) = $name.check_arguments() {
                    return Some(($name.name(), why));
                })*
                None
            }

            #[allow(non_snake_case, clippy::unused_unit)]
            fn values(&self) -> Self::Values {
                let ($($name,)*) = self;
                ($($name.result(),)*)
            }
        }
    };
}
tuples!();
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
