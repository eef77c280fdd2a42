//! Learning rates that change from update to update; an optimizer takes one in place of a number.
//!
//! The formulas, names and defaults are those of Keras 3.15, computed in `f64`.
//!
//! ```
//! use kseq_core::optimizers::{Adam, Optimizer, schedules::CosineDecay};
//! let adam = Adam::new(CosineDecay::new(0.1, 1000).alpha(0.01));
//! assert_eq!(adam.learning_rate(0), Some(0.1));
//! assert_eq!(adam.learning_rate(5000), Some(0.001));
//! ```

mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod inverse_time_decay;
mod piecewise_constant_decay;
mod polynomial_decay;
#[cfg(test)]
mod tests;

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

use super::{NOT_NEGATIVE, first_wrong, not_negative};
use crate::text::Note;

/// What an optimizer takes as its learning rate: a number, a schedule, or a function from the number
/// of updates so far.
///
/// ```
/// use kseq_core::optimizers::{Optimizer, SGD, schedules::LearningRateSchedule};
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
    label = "expected a number, a schedule such as `ExponentialDecay::new(0.1, 1000, 0.96)`, or a function from `u64` to `f32`"
)]
pub trait LearningRateSchedule: Copy + Send + Sync {
    /// The learning rate of update `step`, counted from 0.
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
}

/// A constant.
impl LearningRateSchedule for f32 {
    fn at(&self, _step: u64) -> f32 {
        *self
    }

    fn set(&mut self, learning_rate: f32) -> bool {
        *self = learning_rate;
        true
    }

    fn check(&self) -> Option<Note> {
        first_wrong(&[("learning_rate", *self, not_negative(*self), NOT_NEGATIVE)])
    }
}

/// A function.
impl<F: Fn(u64) -> f32 + Copy + Send + Sync> LearningRateSchedule for F {
    fn at(&self, step: u64) -> f32 {
        self(step)
    }
}

/// What is wrong with a number of steps, which is divided by.
fn no_steps(name: &str, steps: u64) -> Option<Note> {
    (steps == 0).then(|| {
        let why = Note::new().str(name);
        why.str(" = 0, but it must be at least 1")
    })
}

/// The argument that every schedule has.
fn initial(learning_rate: f32) -> (&'static str, f32, bool, &'static str) {
    (
        "initial_learning_rate",
        learning_rate,
        not_negative(learning_rate),
        NOT_NEGATIVE,
    )
}

/// The number of steps in units of `steps`, as a fraction or, on a staircase, whole.
fn fraction(step: u64, steps: u64, staircase: bool) -> f64 {
    if staircase {
        step.checked_div(steps).unwrap_or(0) as f64
    } else {
        step as f64 / steps as f64
    }
}

/// The decimal that was typed: 0.96, and not the `f32` next to it.
fn decimal(x: f32) -> f64 {
    let rounded = libm::round(f64::from(x) * 1e7) / 1e7;
    if rounded as f32 == x {
        rounded
    } else {
        f64::from(x)
    }
}

/// From 1 to `alpha` by half a cosine, scaled by `size`.
fn cosine(size: f64, fraction: f64, alpha: f64) -> f64 {
    let cosine = 0.5 * size * (1.0 + libm::cos(core::f64::consts::PI * fraction));
    (1.0 - alpha) * cosine + alpha
}
