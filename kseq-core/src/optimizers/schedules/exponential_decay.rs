//! A learning rate that falls by the same factor again and again.

use super::super::arguments::{NOT_NEGATIVE, first_wrong};
use super::formulas::fraction;
use super::schedule::{LearningRateSchedule, initial, no_steps};
use crate::text::Note;

/// ExponentialDecay.
///
/// ```text
/// lr = initial_learning_rate decay_rate^(step / decay_steps)
/// ```
///
/// With `staircase` the exponent is rounded down. Default: no staircase.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::{ExponentialDecay, LearningRateSchedule};
/// const DECAY: ExponentialDecay = ExponentialDecay::new(0.1, 10, 0.25);
/// assert_eq!(DECAY.at(5), 0.05);
/// assert_eq!(DECAY.staircase(true).at(19), 0.025);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ExponentialDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    decay_rate: f32,
    staircase: bool,
}

impl ExponentialDecay {
    /// By `decay_rate` in `decay_steps` updates (at least 1).
    #[must_use]
    pub const fn new(initial_learning_rate: f32, decay_steps: u64, decay_rate: f32) -> Self {
        ExponentialDecay {
            initial_learning_rate,
            decay_steps,
            decay_rate,
            staircase: false,
        }
    }

    /// Whether the learning rate changes only every `decay_steps` updates.
    #[must_use]
    pub const fn staircase(mut self, staircase: bool) -> Self {
        self.staircase = staircase;
        self
    }
}

#[diagnostic::do_not_recommend]
impl LearningRateSchedule for ExponentialDecay {
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::object(
            "ExponentialDecay",
            &[
                ("initial_learning_rate", &self.initial_learning_rate),
                ("decay_steps", &self.decay_steps),
                ("decay_rate", &self.decay_rate),
                ("staircase", &self.staircase),
            ],
        ))
    }

    fn at(&self, step: u64) -> f32 {
        let exponent = fraction(step, self.decay_steps, self.staircase);
        (f64::from(self.initial_learning_rate) * libm::pow(f64::from(self.decay_rate), exponent))
            as f32
    }

    fn check(&self) -> Option<Note> {
        let rate = self.decay_rate;
        no_steps("decay_steps", self.decay_steps).or_else(|| {
            first_wrong(&[
                initial(self.initial_learning_rate),
                NOT_NEGATIVE.of("decay_rate", rate),
            ])
        })
    }
}
