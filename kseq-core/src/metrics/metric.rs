//! What a metric is: [`Metric`], and the tuples of them that a model takes.

use crate::base::direction::Direction;
use crate::base::words::TheModel;
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
///     fn merge_state(&mut self, state: &[f64]) {
///         self.0[0] = self.0[0].max(state[0]);
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
    label = "this metric does not fit",
    note = "one-hot targets go with `categorical_accuracy`, numbers of classes (`u32`) with `sparse_categorical_accuracy`, `accuracy` with both; the number of a metric for classes (`MeanIoU::<3>`) is that of the output units"
)]
pub trait Metric<Out: Tensor<Elem = f32>, Y>: Send {
    /// Keras's name: `accuracy`.
    fn name(&self) -> &'static str;
    /// Whether `fit` and `evaluate` give it the weights: see [`Weighted`](super::Weighted).
    fn weighted(&self) -> bool {
        false
    }
    /// Whether a mask of the outputs takes rows out of it, with or without weights: as in Keras that is so of means over rows
    /// (accuracies, losses as metrics), and of no other.
    fn masked(&self) -> bool {
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
    /// What Keras calls this metric and its arguments; nothing for one's own.
    #[cfg(feature = "import")]
    #[doc(hidden)]
    fn said(&self) -> Option<serde_json::Value> {
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
    /// Takes in the [state](Metric::state) of a metric of the same kind that has seen other samples: Keras's `merge_state`. By
    /// default states are added; one that keeps something else, such as a maximum, says how it is put together.
    fn merge_state(&mut self, state: &[f64]) {
        let own = self.state().iter_mut();
        own.zip(state).for_each(|(own, other)| *own += other);
    }
    /// The value over all samples since the last reset.
    fn result(&self) -> f32;
    /// All that it has accumulated: zeros after a reset. What is written here is taken over.
    fn state(&mut self) -> &mut [f64];
}

/// The most metrics that a model may have.
pub const MAX_METRICS: usize = 12;

/// The metrics of a model: a tuple of up to twelve, `(Accuracy,)` or `()`.
pub trait Metrics<Out: Tensor<Elem = f32>, Y>: Send {
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
    /// The same of outputs with a mask.
    fn update_masked(
        &mut self,
        out: &[Out],
        y: &[Y],
        weight: Option<&[f32]>,
        mask: Option<losses::MaskWeights<'_>>,
    ) {
        let Some(mask) = mask else {
            return self.update(out, y, weight);
        };
        self.for_each(&mut |m| {
            let weight = match (m.masked(), m.weighted()) {
                (true, true) => Some(mask.weighted.unwrap_or(mask.mask)),
                (true, false) => Some(mask.mask),
                (false, weighted) => weight.filter(|_| weighted),
            };
            m.update(out, y, weight);
        });
    }
    /// The values over all samples since the last reset.
    fn values(&self) -> Self::Values;
}

impl<Out: Tensor<Elem = f32>, Y, All: Send> Metrics<Out, Y> for All
where
    TheModel: TakesMetrics<Out, Y, All>,
{
    type Values = <TheModel as TakesMetrics<Out, Y, All>>::Values;

    fn for_each(&mut self, f: &mut dyn FnMut(&mut dyn Metric<Out, Y>)) {
        TheModel::for_each(self, f);
    }

    fn check_arguments(&self) -> Option<(&'static str, Note)> {
        <TheModel as TakesMetrics<Out, Y, All>>::check_arguments(self)
    }

    fn values(&self) -> Self::Values {
        TheModel::values(self)
    }
}

/// What metrics are: see [`Metrics`]. It is implemented for any type in place of `TheModel`, so that the compiler does not name
/// all the tuples that there are.
#[diagnostic::on_unimplemented(
    message = "the metrics `{All}` do not fit: the model gives `{Out}` and the targets are `{Y}`",
    label = "expected a tuple of metrics",
    note = "metrics are a tuple of at most twelve: `(Accuracy,)`, or `()` for none; Keras's words, `metrics = [\"accuracy\"]`, go with the macro `compile!`"
)]
pub trait TakesMetrics<Out: Tensor<Elem = f32>, Y, All> {
    /// See [`Metrics::Values`].
    type Values: Copy + core::fmt::Debug;
    /// See [`Metrics::for_each`].
    fn for_each(all: &mut All, f: &mut dyn FnMut(&mut dyn Metric<Out, Y>));
    /// See [`Metrics::check_arguments`].
    fn check_arguments(all: &All) -> Option<(&'static str, Note)>;
    /// See [`Metrics::values`].
    fn values(all: &All) -> Self::Values;
}

macro_rules! value {
    ($name:ident) => {
        f32
    };
}

macro_rules! tuples {
    () => {
        tuples!(@one);
    };
    ($first:ident $($rest:ident)*) => {
        tuples!(@one $first $($rest)*);
        tuples!($($rest)*);
    };
    (@one $($name:ident)*) => {
        impl<Out: Tensor<Elem = f32>, Y, $($name: Metric<Out, Y>,)* Z> TakesMetrics<Out, Y, ($($name,)*)> for Z {
            type Values = ($(value!($name),)*);

            #[allow(non_snake_case, unused_variables)]
            fn for_each(all: &mut ($($name,)*), f: &mut dyn FnMut(&mut dyn Metric<Out, Y>)) {
                let ($($name,)*) = all;
                $(f($name);)*
            }

            #[allow(non_snake_case)]
            fn check_arguments(all: &($($name,)*)) -> Option<(&'static str, Note)> {
                let ($($name,)*) = all;
                $(if let Some(why) = $name.check_arguments() {
                    return Some(($name.name(), why));
                })*
                None
            }

            #[allow(non_snake_case, clippy::unused_unit)]
            fn values(all: &($($name,)*)) -> Self::Values {
                let ($($name,)*) = all;
                ($($name.result(),)*)
            }
        }
    };
}
tuples!(A B C D E F G H I J K L);
