//! A learning rate that falls to another one along a power.

use super::super::arguments::{NOT_NEGATIVE, first_wrong};
use super::schedule::{LearningRateSchedule, initial, no_steps};
use crate::text::Note;

/// PolynomialDecay.
///
/// ```text
/// t = min(step, decay_steps) / decay_steps
/// lr = (initial_learning_rate - end_learning_rate) (1 - t)^power + end_learning_rate
/// ```
///
/// With `cycle` the decay begins again from a lower learning rate: t = step / (decay_steps n), with the
/// smallest n >= 1 for which t <= 1.
///
/// Defaults as in Keras: end_learning_rate 0.0001, power 1, no cycle.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::{LearningRateSchedule, PolynomialDecay};
/// const LINE: PolynomialDecay = PolynomialDecay::new(0.5, 10).end_learning_rate(0.25);
/// assert_eq!([0, 5, 10, 11].map(|step| LINE.at(step)), [0.5, 0.375, 0.25, 0.25]);
/// assert_eq!(LINE.cycle(true).at(15), 0.3125);
/// assert_eq!(LINE.power(2.0).at(5), 0.3125);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PolynomialDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    end_learning_rate: f32,
    power: f32,
    cycle: bool,
}

impl PolynomialDecay {
    /// Falls for `decay_steps` updates (at least 1).
    #[must_use]
    pub const fn new(initial_learning_rate: f32, decay_steps: u64) -> Self {
        PolynomialDecay {
            initial_learning_rate,
            decay_steps,
            end_learning_rate: 0.0001,
            power: 1.0,
            cycle: false,
        }
    }

    /// The last learning rate.
    #[must_use]
    pub const fn end_learning_rate(mut self, end_learning_rate: f32) -> Self {
        self.end_learning_rate = end_learning_rate;
        self
    }

    /// 1 is a line.
    #[must_use]
    pub const fn power(mut self, power: f32) -> Self {
        self.power = power;
        self
    }

    /// Whether it begins again.
    #[must_use]
    pub const fn cycle(mut self, cycle: bool) -> Self {
        self.cycle = cycle;
        self
    }
}

#[diagnostic::do_not_recommend]
impl LearningRateSchedule for PolynomialDecay {
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::object(
            "PolynomialDecay",
            &[
                ("initial_learning_rate", &self.initial_learning_rate),
                ("decay_steps", &self.decay_steps),
                ("end_learning_rate", &self.end_learning_rate),
                ("power", &self.power),
                ("cycle", &self.cycle),
            ],
        ))
    }

    fn at(&self, step: u64) -> f32 {
        let mut steps = self.decay_steps as f64;
        let step = if self.cycle {
            steps *= step.div_ceil(self.decay_steps.max(1)).max(1) as f64;
            step
        } else {
            step.min(self.decay_steps)
        };
        let left = libm::pow(1.0 - step as f64 / steps, f64::from(self.power));
        let end = f64::from(self.end_learning_rate);
        ((f64::from(self.initial_learning_rate) - end) * left + end) as f32
    }

    fn check(&self) -> Option<Note> {
        let (end, power) = (self.end_learning_rate, self.power);
        no_steps("decay_steps", self.decay_steps).or_else(|| {
            first_wrong(&[
                initial(self.initial_learning_rate),
                NOT_NEGATIVE.of("end_learning_rate", end),
                NOT_NEGATIVE.of("power", power),
            ])
        })
    }
}
