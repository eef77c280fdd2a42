//! Training on a host: `Sequential` -> `compile` -> `fit` -> `History`, `evaluate`, `predict`.

mod atomic;
mod batches;
mod callback;
pub mod callbacks;
mod checkpoint;
mod compiled;
mod data;
mod epochs;
mod evaluate;
mod events;
mod fit;
mod generator;
mod get_layer;
mod history;
mod json;
mod memory;
mod progress;
mod safetensors;
mod sample_weight;
mod sequential;
mod spare;
mod weights;

pub use batches::Shuffle;
pub use callback::{Callback, Logs, Position, Training};
pub use compiled::{Compiled, Scores};
pub use data::{Inputs, Targets};
pub use evaluate::{Evaluate, OnBatch, Predict};
pub use fit::{Fit, ValidationFreq};
pub use generator::{
    Batch, BatchOf, Failure, FillMode, Flow, Generator, Image, ImageDataGenerator, ImageFlow,
    IntoBatch, IntoGenerator, OfGenerator, OfIterator, OfSequence, Samples, Sequence, Transform,
};
pub use get_layer::{LayerKey, LayerView, LayerViewMut};
pub use history::History;
pub use progress::ProgbarLogger;
pub use sample_weight::{ClassWeight, SampleWeight};
pub use sequential::{IsCompiled, Sequential};
pub use weights::{Array, Weights};
