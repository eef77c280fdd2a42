//! A learning rate that falls as one over the time.

use super::super::arguments::{NOT_NEGATIVE, first_wrong};
use super::formulas::fraction;
use super::schedule::{LearningRateSchedule, initial, no_steps};
use crate::text::Note;

/// InverseTimeDecay.
///
/// ```text
/// lr = initial_learning_rate / (1 + decay_rate step / decay_steps)
/// ```
///
/// With `staircase`, step / decay_steps is rounded down. Default: no staircase. Keras 2's `decay` is this
/// with `decay_steps` 1.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::{InverseTimeDecay, LearningRateSchedule};
/// const DECAY: InverseTimeDecay = InverseTimeDecay::new(0.5, 10, 2.0);
/// assert_eq!(DECAY.at(20), 0.1);
/// assert_eq!(DECAY.staircase(true).at(9), 0.5);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct InverseTimeDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    decay_rate: f32,
    staircase: bool,
}

impl InverseTimeDecay {
    /// The time is counted in `decay_steps` updates (at least 1).
    #[must_use]
    pub const fn new(initial_learning_rate: f32, decay_steps: u64, decay_rate: f32) -> Self {
        InverseTimeDecay {
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
impl LearningRateSchedule for InverseTimeDecay {
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::object(
            "InverseTimeDecay",
            &[
                ("initial_learning_rate", &self.initial_learning_rate),
                ("decay_steps", &self.decay_steps),
                ("decay_rate", &self.decay_rate),
                ("staircase", &self.staircase),
            ],
        ))
    }

    fn at(&self, step: u64) -> f32 {
        let time = fraction(step, self.decay_steps, self.staircase);
        (f64::from(self.initial_learning_rate) / (1.0 + f64::from(self.decay_rate) * time)) as f32
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
