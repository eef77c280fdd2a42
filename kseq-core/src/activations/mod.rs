//! Activations: Keras's classic ones as types, and the trait for a user's own.
//!
//! A built-in activation is a unit type (`Relu`) over one entry of [`Act`], whose loops are compiled
//! once, here, for every instruction set. Formulas, derivatives (also at the kinks) and constants are
//! those of Keras 3.15 on TensorFlow.

mod activation;
mod int8;
mod parametric;
mod pointwise;
pub(crate) mod softmax;
mod sparsemax;
#[cfg(test)]
mod tests;

pub use activation::*;
pub use parametric::*;
