//! Layers become a model: the chain of their shapes, the memory that they share, the passes, a step of training.

pub mod as_samples;
pub mod baked;
pub mod by_layers;
pub mod chain;
pub(crate) mod check;
#[doc(hidden)]
pub mod config;
mod footprint;
pub mod host_only;
pub mod int8;
pub mod model;
pub mod numbers;
pub(crate) mod on_host;
#[cfg(feature = "std")]
pub(crate) mod part_step;
pub mod plan;
#[doc(hidden)]
pub mod probe;
pub mod scratch;
pub mod stateful;
pub mod step;
pub mod stream;
pub mod submodel;
pub mod summary;
pub mod tape;
pub mod trainer;
mod updates;
