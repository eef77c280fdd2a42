//! Keras's `Sequential` for Rust, with every shape checked by the compiler.
//!
//! ```no_run
#![doc = include_str!("../examples/first.rs")]
//! ```
//!
//! - The layer list is [`sequential!`]; optimizer, loss and metrics are [`compile!`]'s, in Keras's words, or those of
//!   [`Sequential::compile`](train::Sequential::compile), as values. A mistake in either is an error of `cargo check`.
//! - Training: [`Compiled::fit`](train::Compiled::fit) with [`Fit`](train::Fit)'s arguments, `evaluate`, `predict`; [`callbacks`];
//!   data by [`datasets`] and [`preprocessing`], or by generators, [`Sequence`](train::Sequence).
//! - What a model is made of: [`layers`], [`activations`], [`initializers`], [`regularizers`], [`constraints`]; what it is trained
//!   with: [`optimizers`], [`losses`], [`metrics`]. Your own: [`layer`], and a path in place of a string.
//! - Without std and without a heap: [`Trainer`](trainer::Trainer).
//!
//! The features `std` and `rayon` are on; README.md in the repository says what the others do, and KERAS.md has every
//! name of Keras with ours.
#![no_std]
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

#[cfg(feature = "std")]
extern crate std;

// The expansion of the macros names the core by this path.
#[doc(hidden)]
pub use kseq_core as __core;

#[cfg_attr(feature = "std", doc = include_str!("../docs/int8.md"))]
#[doc(inline)]
pub use kseq_core::int8;
#[cfg(feature = "std")]
#[doc = include_str!("../docs/testing.md")]
#[doc(inline)]
pub use kseq_core::testing;
#[cfg(feature = "std")]
#[doc(inline)]
pub use kseq_core::train::{self, callbacks};
#[doc(inline)]
pub use kseq_core::{
    as_samples, baked, by_layers, error, losses, metrics, model, open, optimizers, plan, pool, rng,
    scratch, shape, stateful, stream, tensor, text, trainer,
};
#[cfg(feature = "std")]
#[doc(inline)]
pub use kseq_macros::compile;
#[cfg(feature = "import_keras")]
#[doc(inline)]
pub use kseq_macros::import_keras;
#[doc(inline)]
pub use kseq_macros::{include_weights, sequential};

/// `compile!` makes a model on the heap.
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! compile {
    ($($tokens:tt)*) => {
        compile_error!(
            "`compile!` makes a model on the heap, which there is not without kseq's feature `std`\n\
             help: `Trainer::new(&mut memory, Adam::new(0.001), CategoricalCrossentropy::new(), seed)?` trains without one, \
             in a `TrainerMemory`"
        )
    };
}

// The words that a layer's arguments take: the user's page stands before that of the types.
#[doc = include_str!("../docs/words/activations.md")]
#[doc(inline)]
pub use kseq_core::activations;
#[doc = include_str!("../docs/words/constraints.md")]
#[doc(inline)]
pub use kseq_core::constraints;
#[doc = include_str!("../docs/words/initializers.md")]
#[doc(inline)]
pub use kseq_core::initializers;
#[doc = include_str!("../docs/words/regularizers.md")]
#[doc(inline)]
pub use kseq_core::regularizers;

// The code of README.md is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "import"))]
#[doc = include_str!("../docs/FROM_PYTHON.md")]
struct FromPython;

#[cfg(all(doctest, feature = "std"))]
mod book;

/// What the author of a layer needs: `use kseq::layer::*`.
pub mod layer {
    #[doc(inline)]
    pub use kseq_core::layer::*;

    #[doc(no_inline)]
    pub use crate::params::{Flat, NoParams, ParamBlock, ParamSpec};
    #[doc(no_inline)]
    pub use kseq_core::open::Open;
    #[doc(no_inline)]
    pub use kseq_core::rng::Rng;
    #[doc(no_inline)]
    pub use kseq_core::shape::{Refusal, Rule, Shape};
    #[doc(no_inline)]
    pub use kseq_core::tensor::Tensor;
    #[doc(no_inline)]
    pub use kseq_core::text::{Note, Text};
}

/// Parameters: named arrays seen as one run of `f32`s.
pub mod params {
    #[doc(inline)]
    pub use kseq_core::params::*;
    #[doc(inline)]
    pub use kseq_macros::ParamBlock;
}

#[cfg(feature = "std")]
pub mod datasets;
#[cfg(feature = "generic-array")]
pub mod generic_array;
pub mod layers;
#[cfg(feature = "nalgebra")]
pub mod nalgebra;
#[cfg(feature = "std")]
pub mod preprocessing;
#[cfg(any(feature = "generic-array", feature = "nalgebra"))]
pub mod samples;
#[cfg(feature = "std")]
pub mod utils;

/// What a program that trains a model needs: `use kseq::prelude::*`.
pub mod prelude {
    #[doc(no_inline)]
    pub use kseq_core::baked::Baked;
    pub use kseq_core::error::Error;
    #[doc(no_inline)]
    pub use kseq_core::int8::baked::BakedQuantized;
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use kseq_core::losses::CTC;
    #[doc(no_inline)]
    pub use kseq_core::losses::{
        BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy,
        CategoricalFocalCrossentropy, CategoricalGeneralizedCrossEntropy, CategoricalHinge, Circle,
        CosineSimilarity, Crossentropy, Dice, Hinge, Huber, Insist, KLDivergence, LogCosh,
        MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
        MeanSquaredLogarithmicError, Poisson, SparseCategoricalCrossentropy, SquaredHinge, Tversky,
    };
    #[doc(no_inline)]
    pub use kseq_core::metrics::{Accuracy, Curve, MeanMetricWrapper, Named, Weighted};
    #[doc(no_inline)]
    pub use kseq_core::model::Model;
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use kseq_core::optimizers::Muon;
    #[doc(no_inline)]
    pub use kseq_core::optimizers::{
        Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Nadam, RMSprop, SGD,
        ScheduleFreeAdamW,
    };
    #[doc(no_inline)]
    pub use kseq_core::stateful::Stateful;
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use kseq_core::train::callbacks::Mode;
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use kseq_core::train::{
        Calibration, Callback, Compiled, Evaluate, Fit, Flow, Generator, Grid, History,
        ImageDataGenerator, Logs, OnBatch, Predict, Quantized, Ragged, Scores, Sequence,
        Sequential, Shuffle, Training,
    };
    #[doc(no_inline)]
    pub use kseq_core::trainer::{Trainer, TrainerMemory, trainer_memory};
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use kseq_macros::compile;
    #[cfg(feature = "import_keras")]
    #[doc(no_inline)]
    pub use kseq_macros::import_keras;
    #[doc(no_inline)]
    pub use kseq_macros::{include_weights, sequential};

    #[cfg(not(feature = "std"))]
    #[doc(no_inline)]
    pub use crate::compile;
    #[cfg(not(feature = "std"))]
    #[doc(no_inline)]
    pub use kseq_core::host_only::{Evaluate, Fit};

    #[cfg(any(feature = "generic-array", feature = "nalgebra"))]
    #[doc(no_inline)]
    pub use crate::samples::Samples;
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use crate::utils::to_categorical;
}
