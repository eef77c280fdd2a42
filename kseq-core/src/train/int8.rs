//! The int8 twin of a trained model, made on a host: `model.quantize(..)`.
//!
//! ```text
//! model -> parameters of each step -> ranges of its values -> scales -> block        folded.rs -> observe.rs, ranges.rs -> quantize.rs
//! twin beside the model, step by step -> report                                      report.rs
//! twin -> predictions, file                                                          quantized.rs
//! ```

mod calibration;
mod floats;
mod folded;
mod observe;
mod quantize;
mod quantized;
mod ranges;
mod report;
mod steps;
#[cfg(feature = "import")]
mod tflite;

pub use calibration::Calibration;
pub use quantized::Quantized;
pub use report::{LayerReport, Report};
