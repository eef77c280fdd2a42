//! Optimizers: one fused pass over parameters, gradients and slots, in chunks on several threads.
//!
//! Update rules, defaults and names are those of Keras 3.15; `decay` is Keras 2's: the learning rate of
//! update k, counted from 0, is `learning_rate / (1 + decay k)`. The learning rate is a number or one of
//! the [`schedules`]:
//!
//! ```
//! # use kseq_core as kseq;
//! use kseq::optimizers::{Adam, Optimizer, SGD, schedules::ExponentialDecay};
//! let adam = Adam::new(0.01).clipnorm(1.0).weight_decay(0.001);
//! assert_eq!(adam.learning_rate(7), Some(0.01));
//! let sgd = SGD::new(ExponentialDecay::new(0.1, 1000, 0.5)).momentum(0.9);
//! assert_eq!(sgd.learning_rate(2000), Some(0.025));
//! ```

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod apply;
mod arguments;
mod chunks;
mod clip;
mod define;
mod ftrl;
mod lamb;
mod lion;
#[cfg(feature = "std")]
mod muon;
mod nadam;
mod optimizer;
mod rmsprop;
mod rounding;
mod schedule_free_adamw;
pub mod schedules;
mod settings;
mod sgd;
mod slots;
#[cfg(test)]
mod tests;
mod update;
mod variables;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use apply::{apply, finalize};
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use lion::Lion;
#[cfg(feature = "std")]
pub use muon::Muon;
pub use nadam::Nadam;
pub use optimizer::Optimizer;
pub use rmsprop::RMSprop;
pub use schedule_free_adamw::ScheduleFreeAdamW;
pub use settings::{Extras, Settings};
pub use sgd::SGD;
pub use slots::MAX_SLOTS;
pub use update::Update;
pub use variables::{Variable, variables};

pub use crate::facts::Occurrences;
