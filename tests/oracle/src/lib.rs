//! Random whole models as plain data, their source as a user of kseq writes it, and an interpreter: `f64`, naive loops, gradients by a
//! tape of scalars, so that nothing is shared with the engine that it is compared with.

pub mod activations;
pub mod arguments;
pub mod call;
mod confusion;
pub mod constraints;
pub mod expected;
pub mod generate;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod model;
pub mod optimizers;
pub mod random;
pub mod reductions;
pub mod regularizers;
mod rules;
pub mod run;
pub mod schedules;
pub mod step;
pub mod suited_metrics;
pub mod suiting;
pub mod tape;
pub mod tensor;
pub mod trainings;

#[cfg(test)]
mod attested;
#[cfg(test)]
mod attested_trainings;
#[cfg(test)]
mod golden;
