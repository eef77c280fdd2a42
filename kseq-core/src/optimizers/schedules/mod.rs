//! Learning rates that change from update to update; an optimizer takes one in place of a number.
//!
//! The formulas, names and defaults are those of Keras 3.15, computed in `f64`.
//!
//! ```
//! # use kseq_core as kseq;
//! use kseq::optimizers::{Adam, Optimizer, schedules::CosineDecay};
//! let adam = Adam::new(CosineDecay::new(0.1, 1000).alpha(0.01));
//! assert_eq!(adam.learning_rate(0), Some(0.1));
//! assert_eq!(adam.learning_rate(5000), Some(0.001));
//! ```

mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod formulas;
mod inverse_time_decay;
mod piecewise_constant_decay;
mod polynomial_decay;
mod schedule;
#[cfg(test)]
mod tests;

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;
pub use schedule::{LearningRateSchedule, Rate};
