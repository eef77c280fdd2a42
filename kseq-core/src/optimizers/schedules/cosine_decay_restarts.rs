//! A learning rate that falls along a cosine again and again.

use super::super::arguments::{NOT_NEGATIVE, Range, first_wrong};
use super::formulas::{cosine, decimal};
use super::schedule::{LearningRateSchedule, initial, no_steps};
use crate::text::Note;

/// CosineDecayRestarts.
///
/// ```text
/// period i has first_decay_steps t_mul^i updates; t is the part of it that is over
/// lr = initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi t)) / 2 + alpha)
/// ```
///
/// Defaults as in Keras: t_mul 2, m_mul 1, alpha 0.
///
/// Loshchilov, Hutter: "SGDR: stochastic gradient descent with warm restarts" (2016).
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::schedules::{CosineDecayRestarts, LearningRateSchedule};
/// const DECAY: CosineDecayRestarts = CosineDecayRestarts::new(0.5, 2);
/// assert_eq!([0, 1, 2, 4, 6].map(|step| DECAY.at(step)), [0.5, 0.25, 0.5, 0.25, 0.5]);
/// assert_eq!(DECAY.m_mul(0.5).at(2), 0.25);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CosineDecayRestarts {
    initial_learning_rate: f32,
    first_decay_steps: u64,
    t_mul: f32,
    m_mul: f32,
    alpha: f32,
}

impl CosineDecayRestarts {
    /// Falls for `first_decay_steps` updates (at least 1) the first time.
    #[must_use]
    pub const fn new(initial_learning_rate: f32, first_decay_steps: u64) -> Self {
        CosineDecayRestarts {
            initial_learning_rate,
            first_decay_steps,
            t_mul: 2.0,
            m_mul: 1.0,
            alpha: 0.0,
        }
    }

    /// How much longer each period is than the one before: at least 1.
    #[must_use]
    pub const fn t_mul(mut self, t_mul: f32) -> Self {
        self.t_mul = t_mul;
        self
    }

    /// How much larger each period begins than the one before.
    #[must_use]
    pub const fn m_mul(mut self, m_mul: f32) -> Self {
        self.m_mul = m_mul;
        self
    }

    /// The last learning rate of a period, as a part of `initial_learning_rate`.
    #[must_use]
    pub const fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// The period of a time in units of the first one, and the part of it that is over.
    fn period(&self, time: f64) -> (f64, f64) {
        let t_mul = decimal(self.t_mul);
        if t_mul == 1.0 {
            let period = libm::floor(time);
            return (period, time - period);
        }
        let begin = |period: f64| (1.0 - libm::pow(t_mul, period)) / (1.0 - t_mul);
        let mut period = libm::floor(libm::log(1.0 - time * (1.0 - t_mul)) / libm::log(t_mul));
        // At a restart the logarithms may fall on either side.
        if begin(period + 1.0) <= time {
            period += 1.0;
        } else if begin(period) > time {
            period -= 1.0;
        }
        (period, (time - begin(period)) / libm::pow(t_mul, period))
    }
}

#[diagnostic::do_not_recommend]
impl LearningRateSchedule for CosineDecayRestarts {
    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::object(
            "CosineDecayRestarts",
            &[
                ("initial_learning_rate", &self.initial_learning_rate),
                ("first_decay_steps", &self.first_decay_steps),
                ("t_mul", &self.t_mul),
                ("m_mul", &self.m_mul),
                ("alpha", &self.alpha),
            ],
        ))
    }

    fn at(&self, step: u64) -> f32 {
        let (period, t) = self.period(step as f64 / self.first_decay_steps as f64);
        let size = libm::pow(f64::from(self.m_mul), period);
        (f64::from(self.initial_learning_rate) * cosine(size, t, f64::from(self.alpha))) as f32
    }

    fn check(&self) -> Option<Note> {
        let (t_mul, m_mul, alpha) = (self.t_mul, self.m_mul, self.alpha);
        let longer = Range::new(|x| x.is_finite() && x >= 1.0, "finite and at least 1");
        no_steps("first_decay_steps", self.first_decay_steps).or_else(|| {
            first_wrong(&[
                initial(self.initial_learning_rate),
                longer.of("t_mul", t_mul),
                NOT_NEGATIVE.of("m_mul", m_mul),
                NOT_NEGATIVE.of("alpha", alpha),
            ])
        })
    }
}
