//! Training on a host: `Sequential` -> `compile` -> `fit` -> `History`, `evaluate`, `predict`.

mod compiled;
mod fit;
mod get_layer;
mod history;
mod progress;
mod sequential;
mod summary;

pub use compiled::{Compiled, Scores};
pub use fit::{Fit, Shuffle};
pub use get_layer::{LayerKey, LayerView};
pub use history::History;
pub use sequential::{IsCompiled, Sequential};
pub use summary::Summary;
