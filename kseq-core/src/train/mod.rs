//! Training on a host: `Sequential` -> `compile` -> `fit` -> `History`, `evaluate`, `predict`.

// The floors, of which each uses only those before it:
// data, files -> report -> model -> int8; state -> callbacks -> run -> compiled -> compile -> words.
pub mod callbacks;
mod compile;
mod compiled;
mod data;
mod fallback;
mod files;
mod int8;
mod model;
mod report;
mod run;
mod state;
mod words;

#[doc(inline)]
pub use callbacks::{Callback, ProgbarLogger};
pub use compile::IsCompiled;
pub use compiled::{Compiled, Trains};
pub use data::mistaken;
pub use data::{
    Batch, BatchOf, ClassWeight, Failure, FillMode, Flow, Form, Generator, Given, Grid, Image,
    ImageDataGenerator, ImageFlow, Inputs, IntoBatch, IntoGenerator, IsSeveral, OfGenerator,
    OfIterator, OfSequence, OneOrMore, Outputs, Ragged, SampleWeight, Samples, Sequence, Shuffle,
    TakesInputs, TakesOneOrMore, TakesTargets, Targets, ToPredict, Transform,
};
#[doc(hidden)]
pub use fallback::Fallback;
pub use int8::{Calibration, LayerReport, Quantized, Report};
pub use model::{Array, LayerKey, LayerView, LayerViewMut, Predict, Sequential, Weights};
pub use report::{GivesText, History, Keys, Logs, Printed, Scores};
pub use run::{Evaluate, Fit, OnBatch, ValidationFreq};
pub use state::{Exchange, Position, Sums, Training};
