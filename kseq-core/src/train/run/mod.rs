//! `fit` and `evaluate`: their arguments, their loop over batches, and checkpoints of it.

pub(super) mod arrays;
pub(super) mod checkpoint;
pub(super) mod context;
mod epochs;
mod evaluate;
mod fit;
pub(super) mod generators;
mod parts;
mod validation;
mod validation_freq;

pub use evaluate::{Evaluate, OnBatch};
pub use fit::Fit;
pub use validation_freq::ValidationFreq;
