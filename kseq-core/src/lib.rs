//! The core of kseq: shapes, layers, kernels, losses, optimizers and training.
//!
//! Use it through the facade crate `kseq`. Without default features this crate is `no_std` and uses
//! no allocator.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]
// A shape rule's refusal carries its text; rules are evaluated by the compiler, not at run time.
#![allow(clippy::result_large_err)]

#[cfg(feature = "std")]
extern crate std;

// The folders are floors, each built on those before it: `base` with `kernels`; `activations` and `initializers`; `layers`;
// `regularizers`, `constraints`, `losses`, `metrics` and `optimizers`; `network`, where layers become a model; `train`.

// What both stories stand on.
#[expect(
    clippy::indexing_slicing,
    reason = "a `const fn` has neither iterators nor `get`; an index is compared with the length in the condition of its loop"
)]
mod base;
#[expect(
    clippy::indexing_slicing,
    reason = "loops over memory whose sizes the caller gives and the first lines assert; bounds stay checked where no `SAFETY:` says otherwise"
)]
pub mod kernels;

use base::facts;
pub use base::{math, pool, rng};
#[cfg(feature = "rayon")]
#[doc(hidden)]
pub use base::{meter, work};

// The first story, what a model is: shapes -> layers -> plan -> model.
mod context;
#[doc(hidden)]
#[expect(
    clippy::indexing_slicing,
    reason = "a layer is given the memory that its constants ask for"
)]
pub mod fusion;
pub mod layer;
#[expect(
    clippy::indexing_slicing,
    reason = "a pass is given samples of the shapes that the rule of the layer has taken, and the memory that its constants ask for; a rule is a `const fn`, whose loops compare each index with a length"
)]
pub mod layers;
#[expect(
    clippy::indexing_slicing,
    reason = "constants of a model, which the compiler evaluates, and passes over the memory that they have planned"
)]
mod network;

pub use base::{open, params, shape, tensor, text, words};
pub use network::{
    as_samples, baked, by_layers, chain, int8, model, numbers, plan, scratch, stateful, stream,
    summary,
};
#[doc(hidden)]
pub use network::{config, host_only, submodel};

// The second story, how it trains: batch -> forward -> loss -> backward -> optimizer -> history.
#[expect(
    clippy::indexing_slicing,
    reason = "rows of a batch, which are as long as the last axis"
)]
pub mod activations;
#[expect(
    clippy::indexing_slicing,
    reason = "the axes of a weight, by places that lie below its rank"
)]
pub mod constraints;
pub mod initializers;
#[expect(
    clippy::indexing_slicing,
    reason = "targets, outputs and gradients are of one type and one number: `fit` has compared them"
)]
pub mod losses;
#[expect(
    clippy::indexing_slicing,
    reason = "thresholds and intervals are found by a search in the array that is indexed"
)]
pub mod metrics;
#[expect(
    clippy::indexing_slicing,
    reason = "slots are arrays of as many values as the optimizer says"
)]
pub mod optimizers;
#[expect(
    clippy::indexing_slicing,
    reason = "a loop over the lists of a constant, compared with their length"
)]
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
#[cfg(feature = "std")]
use network::part_step;
#[doc(hidden)]
pub use network::probe;

#[cfg(all(test, feature = "std"))]
mod extremes;
