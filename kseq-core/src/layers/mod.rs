//! The layers, one file each.

pub mod activation;
pub mod conv1d;
pub mod conv2d;
pub mod dense;
pub mod dropout;
pub mod flatten;

pub use activation::Activation;
pub use conv::{Padding, Window, channels};
pub use conv1d::{Conv1D, Conv1DParams};
pub use conv2d::{Conv2D, Conv2DParams};
pub use dense::{Dense, DenseParams};
pub use dropout::Dropout;
pub use flatten::Flatten;

/// Elements that one task of an elementwise loop takes: large enough to pay for a thread, and fixed,
/// so that no result depends on the number of threads.
pub(crate) const GRAIN: usize = 16 * 1024;

/// The length of a chunk of whole rows of `width` with about [`GRAIN`] elements.
pub(crate) const fn rows_of(width: usize) -> usize {
    let rows = GRAIN / if width == 0 { 1 } else { width };
    width * if rows == 0 { 1 } else { rows }
}
