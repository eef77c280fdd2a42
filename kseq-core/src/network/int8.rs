//! The int8 twin of a model: its layers as steps in integers, the block of its parameters, and a prediction.
//!
//! ```text
//! what each layer is -> steps -> where their parameters and tensors lie    graph.rs
//! block, sample -> step by step -> output                                  pass.rs, baked.rs
//! the same as a table                                                      summary.rs
//! ```
//!
//! What makes a block of a trained model needs a host: `train/int8/`.

#[cfg(feature = "std")]
pub(crate) mod aware;
pub mod baked;
pub mod check;
pub mod graph;
pub mod pass;
pub mod summary;

pub use baked::BakedQuantized;
pub use pass::Quantizable;
