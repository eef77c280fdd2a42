#![doc = include_str!("../README.md")]
#![no_std]

#[cfg(feature = "std")]
extern crate std;

// The expansion of the macros names the core by this path.
#[doc(hidden)]
pub use kseq_core as __core;

#[cfg(feature = "std")]
#[doc(inline)]
pub use kseq_core::train;
#[doc(inline)]
pub use kseq_core::{
    activations, error, initializers, layer, layers, losses, metrics, model, optimizers, params,
    plan, pool, rng, shape, tensor, text, trainer,
};
#[doc(inline)]
pub use kseq_macros::{ParamBlock, sequential};

#[cfg(feature = "std")]
pub mod datasets;
#[cfg(feature = "std")]
pub mod preprocessing;
#[cfg(feature = "std")]
pub mod utils;

/// What a program that trains a model needs: `use kseq::prelude::*`.
pub mod prelude {
    #[doc(no_inline)]
    pub use kseq_core::error::Error;
    #[doc(no_inline)]
    pub use kseq_core::losses::{
        BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError,
        SparseCategoricalCrossentropy,
    };
    #[doc(no_inline)]
    pub use kseq_core::metrics::Accuracy;
    #[doc(no_inline)]
    pub use kseq_core::model::Model;
    #[doc(no_inline)]
    pub use kseq_core::optimizers::{Adadelta, Adagrad, Adam, RMSprop, SGD};
    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use kseq_core::train::{Compiled, Fit, History, Scores, Sequential};
    #[doc(no_inline)]
    pub use kseq_core::trainer::{Trainer, TrainerMemory, trainer_memory};
    #[doc(no_inline)]
    pub use kseq_macros::sequential;

    #[cfg(feature = "std")]
    #[doc(no_inline)]
    pub use crate::utils::to_categorical;
}
