//! The core of kseq: shapes, layers, kernels, losses, optimizers and training.
//!
//! Use it through the facade crate `kseq`. Without default features this crate is `no_std` and uses
//! no allocator.
#![no_std]
// A shape rule's refusal carries its text; rules are evaluated by the compiler, not at run time.
#![allow(clippy::result_large_err)]

#[cfg(feature = "std")]
extern crate std;

// The folders are floors, each built on those before it: `base` with `kernels`; `activations` and `initializers`; `layers`;
// `regularizers`, `constraints`, `losses`, `metrics` and `optimizers`; `network`, where layers become a model; `train`.

// What both stories stand on.
mod base;
pub mod kernels;

use base::facts;
pub use base::{math, pool, rng};

// The first story, what a model is: shapes -> layers -> plan -> model.
mod context;
#[doc(hidden)]
pub mod fusion;
pub mod layer;
pub mod layers;
mod network;

pub use base::{open, params, shape, tensor, text, words};
pub use network::{
    as_samples, baked, by_layers, chain, model, numbers, plan, scratch, stateful, stream, summary,
};
#[doc(hidden)]
pub use network::{config, host_only, submodel};

// The second story, how it trains: batch -> forward -> loss -> backward -> optimizer -> history.
pub mod activations;
pub mod constraints;
pub mod initializers;
pub mod losses;
pub mod metrics;
pub mod optimizers;
pub mod regularizers;
#[cfg(feature = "std")]
pub mod train;

/// What comes last stands on all others.
#[cfg(feature = "std")]
pub mod testing;

pub use base::error;
pub use network::{step, tape, trainer};

#[cfg(feature = "std")]
use base::nested;
use network::check;
#[doc(hidden)]
pub use network::probe;

#[cfg(all(test, feature = "std"))]
mod extremes;
