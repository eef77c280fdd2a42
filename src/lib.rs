//! Keras's `Sequential` for Rust, with every shape checked by the compiler. What compiles trains on your CPU and runs, unchanged, on
//! a microcontroller without a heap.
//!
//! ```
//! use kseq::prelude::*;
//!
//! sequential! {
//!     pub Digits = [
//!         Dense(512, activation = "relu", input_shape = (784,)),
//!         Dropout(0.2),
//!         Dense(10, activation = "softmax"),
//!     ]
//! }
//!
//! # fn main() -> Result<(), Error> {
//! # let (x, y) = (vec![[0.5; 784]; 20], kseq::utils::to_categorical::<10>(&[7u8; 20])?);
//! let mut model = compile!(
//!     Digits::new(42),
//!     optimizer = "rmsprop",
//!     loss = "categorical_crossentropy",
//!     metrics = ["accuracy"],
//! );
//! let history = model.fit(&x, &y, Fit::new().epochs(5).validation_split(0.2))?;
//! let likely = model.predict(&x)?; // `x` are `[f32; 784]`s, these `[f32; 10]`s
//! # assert!(history.get("val_accuracy").is_some() && likely.len() == 20);
//! # Ok(())
//! # }
//! ```
//!
//! What does not fit is an error of `cargo check`, at the layer:
//!
//! ```text
//! error: layer 1 `dense_1`: unknown activation "rellu"; did you mean "relu"?
//!          help: your own activation is named by a path: `self::MyActivation`
//!  --> tests/ui/readme.rs:6:33
//!   |
//! 6 |         Dense(512, activation = "rellu", input_shape = (784,)),
//!   |                                 ^^^^^^^
//! ```
//!
//! | what you look for | where it is |
//! | --- | --- |
//! | the list of layers, each layer with its arguments | [`sequential!`], [`layers`] |
//! | what their arguments name | [`activations`], [`initializers`], [`regularizers`], [`constraints`] |
//! | training, evaluation, prediction | [`compile!`], [`fit`](train::Compiled::fit) with [`Fit`](train::Fit), [`evaluate`](train::Compiled::evaluate), [`predict`](train::Sequential::predict) |
//! | what a model is trained with | [`optimizers`], [`losses`], [`metrics`], [`callbacks`] |
//! | data | [`datasets`], [`preprocessing`], [`utils`], generators by [`Sequence`](train::Sequence); sequences of any length: [`train::Ragged`] |
//! | weights in files and in the program | [`save_weights`](train::Sequential::save_weights), [`save`](train::Compiled::save), [`include_weights!`] |
//! | models of Keras, PyTorch, ONNX (feature `import`) | [`import_keras!`], [`save_keras`](train::Sequential::save_keras), [`load_torch`](train::Sequential::load_torch), [`export_onnx`](train::Sequential::export_onnx) |
//! | without std and without a heap | [`Trainer`](trainer::Trainer), [`baked`] weights in flash, [`stateful`], [`stream`] |
//! | in integers of 8 bits | [`int8`] |
//! | your own layer, loss, metric, optimizer | [`layer`], [`losses`], [`metrics`], [`optimizers`] |
//! | sizes as constants: parameters, flash, RAM, operations | [`Model`](model::Model) |
//!
//! The package is `kseq-nn`, what you `use` is `kseq`. Features: `std` and `rayon` (threads) are on; `csv` reads tables, `import` files
//! of Keras, `nalgebra` and `generic-array` take their arrays as samples.
#![no_std]
// On docs.rs each item says which feature it needs.
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

#[cfg(feature = "std")]
extern crate std;

// The expansion of the macros names the core by this path.
#[doc(hidden)]
pub use kseq_core as __core;

#[cfg_attr(feature = "std", doc = include_str!("../docs/int8.md"))]
#[doc(inline)]
pub use kseq_core::int8;
#[cfg_attr(feature = "std", doc = include_str!("../docs/modules/losses.md"))]
#[doc(inline)]
pub use kseq_core::losses;
#[cfg_attr(feature = "std", doc = include_str!("../docs/modules/metrics.md"))]
#[doc(inline)]
pub use kseq_core::metrics;
#[cfg_attr(feature = "std", doc = include_str!("../docs/modules/optimizers.md"))]
#[doc(inline)]
pub use kseq_core::optimizers;
#[cfg(feature = "std")]
#[doc = include_str!("../docs/testing.md")]
#[doc(inline)]
pub use kseq_core::testing;
#[cfg(feature = "std")]
#[doc = include_str!("../docs/modules/train.md")]
#[doc(inline)]
pub use kseq_core::train;
#[cfg(feature = "std")]
#[doc = include_str!("../docs/modules/callbacks.md")]
#[doc(inline)]
pub use kseq_core::train::callbacks;
#[doc(inline)]
pub use kseq_core::{
    as_samples, baked, by_layers, error, model, open, plan, pool, rng, scratch, shape, stateful,
    stream, tensor, text, trainer,
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
