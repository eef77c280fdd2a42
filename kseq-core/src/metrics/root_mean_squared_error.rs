//! The root of the mean squared difference.

use super::element_weights::ElementWeights;
use super::mean::Mean;
use super::{Direction, Metric};
use crate::losses::{AsMetric, MeanSquaredError};
use crate::tensor::Tensor;

/// `sqrt(mean((o - t)^2))`, over all elements so far: not the mean of the batches' roots.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::metrics::{Metric, RootMeanSquaredError};
/// let mut metric = RootMeanSquaredError::new();
/// metric.update(&[[3.0], [0.0]], &[[0.0], [0.0]], None);
/// metric.update(&[[0.0], [0.0]], &[[3.0], [0.0]], Some(&[1.0, 6.0]));
/// assert_eq!(Metric::<[f32; 1], _>::result(&metric), 2f32.sqrt());
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct RootMeanSquaredError {
    mean: Mean,
}

impl RootMeanSquaredError {
    /// With nothing counted yet.
    #[must_use]
    pub const fn new() -> Self {
        RootMeanSquaredError { mean: Mean::new() }
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Tensor<Elem = f32>> Metric<Out, Out> for RootMeanSquaredError {
    fn name(&self) -> &'static str {
        "root_mean_squared_error"
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction::Down)
    }

    fn update(&mut self, out: &[Out], y: &[Out], weight: Option<&[f32]>) {
        if let Some(each) = ElementWeights::new(out, weight).each() {
            let width = Out::SHAPE.last().max(1) as f64;
            for ((o, t), weight) in Out::flat(out).iter().zip(Out::flat(y)).zip(each) {
                let (error, weight) = (f64::from(o - t), f64::from(*weight) / width);
                self.mean.add(weight * error * error, weight);
            }
            return;
        }
        let (sum, weight) = MeanSquaredError::new().total(out, y, weight);
        self.mean.add(sum, weight);
    }

    fn state(&mut self) -> &mut [f64] {
        self.mean.state()
    }

    fn result(&self) -> f32 {
        crate::math::sqrt(self.mean.result())
    }
}
