//! The core of kseq: shapes, layers, kernels, losses, optimizers and training.
//!
//! Use it through the facade crate `kseq`. Without default features this crate is `no_std` and uses
//! no allocator.
#![no_std]
// A shape rule's refusal carries its text; rules are evaluated by the compiler, not at run time.
#![allow(clippy::result_large_err)]

#[cfg(feature = "std")]
extern crate std;

// The first story, what a model is: shapes -> layers -> plan -> model.
pub mod chain;
mod facts;
#[doc(hidden)]
pub mod fusion;
pub mod layer;
pub mod model;
pub mod numbers;
pub mod params;
pub mod plan;
pub mod shape;
pub mod summary;
pub mod tensor;
pub mod text;

// The second story, how it trains: batch -> forward -> loss -> backward -> optimizer -> history.
pub mod activations;
pub mod constraints;
pub mod error;
pub mod initializers;
pub mod layers;
pub mod losses;
pub mod metrics;
pub mod optimizers;
mod pass;
pub mod regularizers;
pub mod step;
pub mod tape;
#[cfg(feature = "std")]
pub mod train;
pub mod trainer;

mod check;
#[doc(hidden)]
pub mod probe;

// What both stand on.
pub mod kernels;
pub mod math;
pub mod pool;
pub mod rng;
