//! What a learning rate is, and the arguments that schedules have in common.

use super::super::arguments::{Argument, NOT_NEGATIVE, first_wrong};
use crate::text::Note;

/// What an optimizer takes as its learning rate: a number, a schedule, or a function from the number
/// of batches so far. A batch is an update, but with `gradient_accumulation_steps`, where several are; as in
/// Keras 3 a schedule counts batches all the same, and its `decay_steps` and `warmup_steps` are batches.
///
/// ```
/// # use kseq_core as kseq;
/// use kseq::optimizers::{Optimizer, SGD, schedules::LearningRateSchedule};
///
/// fn halves(step: u64) -> f32 {
///     0.5f32.powi(step as i32)
/// }
/// assert_eq!(SGD::new(halves).learning_rate(2), Some(0.25));
///
/// #[derive(Clone, Copy)]
/// struct Warmup {
///     steps: u64,
/// }
/// impl LearningRateSchedule for Warmup {
///     fn at(&self, step: u64) -> f32 {
///         0.1 * (step as f32 / self.steps as f32).min(1.0)
///     }
/// }
/// assert_eq!(SGD::new(Warmup { steps: 10 }).learning_rate(5), Some(0.05));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a learning rate",
    label = "expected an `f32`",
    note = "a learning rate is an `f32` (`0.1` or `1.0`, not `1` or `\"0.1\"`; of an `f64` it is `lr as f32`), a schedule such as `ExponentialDecay::new(0.1, 1000, 0.96)`, or a function from `u64` to `f32`"
)]
pub trait LearningRateSchedule: Copy + Send + Sync {
    /// The learning rate at batch `step`, counted from 0.
    fn at(&self, step: u64) -> f32;

    /// Makes `learning_rate` the learning rate of all updates to come, if that is possible: it is for a
    /// number, not for a schedule.
    fn set(&mut self, _learning_rate: f32) -> bool {
        false
    }

    /// What is wrong with an argument, if anything.
    fn check(&self) -> Option<Note> {
        None
    }

    /// What Keras calls it and its arguments, or a number; nothing for one's own.
    #[cfg(feature = "import")]
    #[doc(hidden)]
    fn said(&self) -> Option<serde_json::Value> {
        None
    }
}

/// What stands in the place of a learning rate. It is also implemented for what is often mistaken for one: `new` has refused it,
/// and the optimizer remains one, so that nothing else is a mistake.
pub trait Rate: Copy + Send + Sync {
    /// See [`LearningRateSchedule::at`].
    fn rate_at(&self, step: u64) -> f32;
    /// See [`LearningRateSchedule::set`].
    fn set_rate(&mut self, learning_rate: f32) -> bool;
    /// See [`LearningRateSchedule::check`].
    fn check_rate(&self) -> Option<Note>;
    /// See [`LearningRateSchedule::said`].
    #[cfg(feature = "import")]
    #[doc(hidden)]
    fn rate_said(&self) -> Option<serde_json::Value> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<S: LearningRateSchedule> Rate for S {
    fn rate_at(&self, step: u64) -> f32 {
        LearningRateSchedule::at(self, step)
    }

    fn set_rate(&mut self, learning_rate: f32) -> bool {
        LearningRateSchedule::set(self, learning_rate)
    }

    fn check_rate(&self) -> Option<Note> {
        LearningRateSchedule::check(self)
    }

    #[cfg(feature = "import")]
    fn rate_said(&self) -> Option<serde_json::Value> {
        LearningRateSchedule::said(self)
    }
}

macro_rules! no_rates {
    ($($ty:ty)*) => {
        $(
            #[diagnostic::do_not_recommend]
            impl Rate for $ty {
                fn rate_at(&self, _: u64) -> f32 {
                    f32::NAN
                }

                fn set_rate(&mut self, _: f32) -> bool {
                    false
                }

                fn check_rate(&self) -> Option<Note> {
                    Some(Note::new().str("learning_rate is no `f32`"))
                }
            }
        )*
    };
}
no_rates!(f64 u8 u16 u32 u64 usize i8 i16 i32 i64 isize bool &str);

/// A constant.
#[diagnostic::do_not_recommend]
impl LearningRateSchedule for f32 {
    fn at(&self, _step: u64) -> f32 {
        *self
    }

    fn set(&mut self, learning_rate: f32) -> bool {
        *self = learning_rate;
        true
    }

    fn check(&self) -> Option<Note> {
        first_wrong(&[NOT_NEGATIVE.of("learning_rate", *self)])
    }

    #[cfg(feature = "import")]
    fn said(&self) -> Option<serde_json::Value> {
        Some(crate::base::said::Said::json(self))
    }
}

/// A function.
#[diagnostic::do_not_recommend]
impl<F: Fn(u64) -> f32 + Copy + Send + Sync> LearningRateSchedule for F {
    fn at(&self, step: u64) -> f32 {
        self(step)
    }
}

/// What is wrong with a number of steps, which is divided by.
pub(super) fn no_steps(name: &'static str, steps: u64) -> Option<Note> {
    (steps == 0).then(|| {
        let why = Note::new().str(name);
        why.str(" = 0, but it must be at least 1")
    })
}

/// The argument that every schedule has.
pub(super) fn initial(learning_rate: f32) -> Argument {
    NOT_NEGATIVE.of("initial_learning_rate", learning_rate)
}
