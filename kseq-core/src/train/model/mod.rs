//! The model with its parameters: `Sequential`, how it predicts, and its arrays by name.

mod baked;
mod get_layer;
#[cfg(feature = "import")]
mod groups;
mod imported;
#[cfg(feature = "import")]
mod keras;
#[cfg(feature = "import")]
pub(super) mod keras_config;
#[cfg(feature = "import")]
mod onnx;
mod predict;
mod prediction_buffer;
pub(super) mod sequential;
mod threads;
#[cfg(feature = "import")]
mod torch;
pub(super) mod weights;
pub(super) mod weights_file;

pub use get_layer::{LayerKey, LayerView, LayerViewMut};
pub use predict::Predict;
pub(super) use prediction_buffer::PredictionBuffer;
pub use sequential::Sequential;
pub(super) use threads::{default_pool, pool_of};
pub use weights::{Array, Weights};
