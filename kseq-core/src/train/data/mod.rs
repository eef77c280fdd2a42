//! What is trained on: arrays and generators, the batches that they are taken in, and what each sample counts for.

pub(super) mod arguments;
mod augment;
mod augment_fit;
pub(super) mod batch;
pub(super) mod batches;
pub(super) mod buckets;
// Its threads are coroutines, whose switches are written for a few processors.
#[cfg(all(test, not(any(kseq_device, miri)), target_arch = "x86_64"))]
mod explored;
mod forms;
pub(super) mod generator;
pub(super) mod given;
mod image;
mod inputs;
pub(super) mod lengths;
pub mod mistaken;
mod order;
pub(super) mod queue;
mod ragged;
pub(super) mod sample_weight;
mod sequence;
mod source;
mod standardize;
mod sync;
mod whitening;

pub use augment::{ImageDataGenerator, ImageFlow};
pub use batch::{Batch, BatchOf, Failure, IntoBatch};
pub use batches::Shuffle;
pub use forms::{Form, IsSeveral, Outputs};
pub use generator::{Generator, IntoGenerator, OfGenerator, OfIterator, OfSequence};
pub use given::Given;
pub use image::{FillMode, Image, Transform};
pub use inputs::{
    Inputs, OneOrMore, TakesInputs, TakesOneOrMore, TakesTargets, Targets, ToPredict,
};
pub use ragged::{Grid, Ragged};
pub use sample_weight::{ClassWeight, SampleWeight};
pub use sequence::{Flow, Samples, Sequence};
