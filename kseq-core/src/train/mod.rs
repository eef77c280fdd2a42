//! Training on a host: `Sequential` -> `compile` -> `fit` -> `History`, `evaluate`, `predict`.

mod batches;
mod callback;
mod compiled;
mod epochs;
mod evaluate;
mod fit;
mod generator;
mod get_layer;
mod history;
mod memory;
mod progress;
mod sample_weight;
mod sequential;

pub use batches::Shuffle;
pub use callback::{Callback, Logs, Position, Training};
pub use compiled::{Compiled, Scores};
pub use evaluate::{Evaluate, OnBatch, Predict};
pub use fit::{Fit, ValidationFreq};
pub use generator::{
    Batch, BatchOf, Failure, FillMode, Flow, Generator, Image, ImageDataGenerator, ImageFlow,
    IntoBatch, IntoGenerator, OfGenerator, OfIterator, OfSequence, Samples, Sequence, Transform,
};
pub use get_layer::{LayerKey, LayerView};
pub use history::History;
pub use progress::ProgbarLogger;
pub use sample_weight::{ClassWeight, SampleWeight};
pub use sequential::{IsCompiled, Sequential};
