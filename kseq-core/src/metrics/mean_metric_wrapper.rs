//! The losses as metrics.

use super::mean::{Mean, counts_in_a_mean};
use super::{Direction, Metric};
use crate::losses::{self, AsMetric, Loss};
use crate::tensor::Tensor;
use crate::text::Note;

/// A loss as a metric: the mean of its rows, each times its weight.
///
/// The losses that Keras has as metrics have their name here too: [`MeanAbsoluteError`],
/// [`KLDivergence`], ... A loss with arguments is given by value.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{self, MeanMetricWrapper, Metric};
/// use kseq::losses::Huber;
/// let mut metric = metrics::MeanAbsoluteError::default();
/// metric.update(&[[1.0, 2.0], [3.0, 4.0]], &[[1.0, 0.0], [3.0, 8.0]], None);
/// metric.update(&[[0.0, 0.0]], &[[6.0, 6.0]], None);
/// let result = |m: &dyn Metric<[f32; 2], [f32; 2]>| m.result();
/// assert_eq!(result(&metric), 3.0);
///
/// let mut metric = MeanMetricWrapper::new(Huber::new().delta(2.0));
/// metric.update(&[[0.0, 3.0]], &[[1.0, 0.0]], None);
/// assert_eq!(result(&metric), (0.5 + 4.0) / 2.0);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct MeanMetricWrapper<L> {
    loss: L,
    mean: Mean,
}

impl<L> MeanMetricWrapper<L> {
    /// The mean of this loss; its reduction does not matter.
    #[must_use]
    pub const fn new(loss: L) -> Self {
        let mean = Mean::new();
        MeanMetricWrapper { loss, mean }
    }
}

#[diagnostic::do_not_recommend]
impl<Out, Y, L> Metric<Out, Y> for MeanMetricWrapper<L>
where
    Out: Tensor<Elem = f32>,
    L: AsMetric<Out> + Loss<Out, Target = Y>,
{
    fn name(&self) -> &'static str {
        L::METRIC
    }

    fn masked(&self) -> bool {
        true
    }

    fn direction(&self) -> Option<Direction> {
        Some(L::DIRECTION)
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        let mut said = self.loss.said()?;
        // The only class that is called otherwise as a metric.
        if said.get("class_name")? == "LogCosh" {
            said["class_name"] = "LogCoshError".into();
        }
        Some(said)
    }

    fn check_arguments(&self) -> Option<Note> {
        self.loss.check_arguments()
    }

    fn update(&mut self, out: &[Out], y: &[Y], weight: Option<&[f32]>) {
        let (sum, weight) = self.loss.total(out, y, weight);
        self.mean.add(sum, weight);
    }

    counts_in_a_mean!();
}

macro_rules! aliases {
    ($($name:ident = $loss:ident,)*) => {
        $(
            #[doc = concat!("The loss [`", stringify!($loss), "`](losses::", stringify!($loss), ") as a metric.")]
            pub type $name = MeanMetricWrapper<losses::$loss>;
        )*
    };
}

aliases! {
    BinaryCrossentropy = BinaryCrossentropy,
    CategoricalCrossentropy = CategoricalCrossentropy,
    CategoricalHinge = CategoricalHinge,
    CosineSimilarity = CosineSimilarity,
    Hinge = Hinge,
    KLDivergence = KLDivergence,
    LogCoshError = LogCosh,
    MeanAbsoluteError = MeanAbsoluteError,
    MeanAbsolutePercentageError = MeanAbsolutePercentageError,
    MeanSquaredError = MeanSquaredError,
    MeanSquaredLogarithmicError = MeanSquaredLogarithmicError,
    Poisson = Poisson,
    SparseCategoricalCrossentropy = SparseCategoricalCrossentropy,
    SquaredHinge = SquaredHinge,
}
