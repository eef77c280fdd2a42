//! A learning rate that rises to its largest value, then falls along a cosine.

use super::super::arguments::{NOT_NEGATIVE, first_wrong};
use super::formulas::cosine;
use super::schedule::{LearningRateSchedule, initial, no_steps};
use crate::text::Note;

/// CosineDecay.
///
/// ```text
/// t = min(step, decay_steps) / decay_steps
/// lr = initial_learning_rate ((1 - alpha) (1 + cos(pi t)) / 2 + alpha)
/// ```
///
/// After `warmup(warmup_target, warmup_steps)` the learning rate first goes from `initial_learning_rate` to
/// `warmup_target` along a line, in `warmup_steps` updates; then it falls from there as above.
///
/// Defaults as in Keras: alpha 0, no warmup.
///
/// Loshchilov, Hutter: "SGDR: stochastic gradient descent with warm restarts" (2016); warmup: Goyal et al.:
/// "Accurate, large minibatch SGD" (2017).
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::{CosineDecay, LearningRateSchedule};
/// const DECAY: CosineDecay = CosineDecay::new(0.5, 10);
/// assert_eq!([0, 5, 10, 11].map(|step| DECAY.at(step)), [0.5, 0.25, 0.0, 0.0]);
/// const WARM: CosineDecay = CosineDecay::new(0.0, 10).warmup(0.5, 4);
/// assert_eq!([0, 1, 4, 9, 14].map(|step| WARM.at(step)), [0.0, 0.125, 0.5, 0.25, 0.0]);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CosineDecay {
    initial_learning_rate: f32,
    decay_steps: u64,
    alpha: f32,
    warmup: Option<(f32, u64)>,
}

impl CosineDecay {
    /// Falls for `decay_steps` updates (at least 1).
    #[must_use]
    pub const fn new(initial_learning_rate: f32, decay_steps: u64) -> Self {
        CosineDecay {
            initial_learning_rate,
            decay_steps,
            alpha: 0.0,
            warmup: None,
        }
    }

    /// The last learning rate, as a part of the largest.
    #[must_use]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// Rises to `warmup_target` before, in `warmup_steps` updates.
    #[must_use]
    pub const fn warmup(mut self, warmup_target: f32, warmup_steps: u64) -> Self {
        self.warmup = Some((warmup_target, warmup_steps));
        self
    }
}

#[diagnostic::do_not_recommend]
impl LearningRateSchedule for CosineDecay {
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        use crate::base::said::{Said, object};
        let mut said = object(
            "CosineDecay",
            &[
                ("initial_learning_rate", &self.initial_learning_rate),
                ("decay_steps", &self.decay_steps),
                ("alpha", &self.alpha),
            ],
        );
        if let Some((target, steps)) = self.warmup {
            let config = said.get_mut("config")?.as_object_mut()?;
            config.insert("warmup_target".into(), target.json());
            config.insert("warmup_steps".into(), steps.json());
        }
        Some(said)
    }

    fn at(&self, step: u64) -> f32 {
        let from = f64::from(self.initial_learning_rate);
        let (largest, step) = match self.warmup {
            Some((target, steps)) if step < steps => {
                let rise = f64::from(target) - from;
                return (rise * (step as f64 / steps as f64) + from) as f32;
            }
            Some((target, steps)) => (f64::from(target), step - steps),
            None => (from, step),
        };
        let t = step.min(self.decay_steps) as f64 / self.decay_steps as f64;
        (largest * cosine(1.0, t, f64::from(self.alpha))) as f32
    }

    fn check(&self) -> Option<Note> {
        let alpha = self.alpha;
        let target = self.warmup.map_or(0.0, |(target, _)| target);
        no_steps("decay_steps", self.decay_steps).or_else(|| {
            first_wrong(&[
                initial(self.initial_learning_rate),
                NOT_NEGATIVE.of("alpha", alpha),
                NOT_NEGATIVE.of("warmup_target", target),
            ])
        })
    }
}
