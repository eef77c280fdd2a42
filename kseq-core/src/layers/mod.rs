//! The layers, one file each.

pub mod activation;
pub mod dense;
pub mod dropout;
pub mod embedding;
pub mod flatten;
pub mod gru;
pub mod lstm;
pub mod recurrent;
pub mod simple_rnn;

pub use activation::Activation;
pub use dense::{Dense, DenseParams};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingParams};
pub use flatten::Flatten;
pub use gru::{GRU, GRUParams};
pub use lstm::{LSTM, LSTMParams, LSTMState};
pub use simple_rnn::{SimpleRNN, SimpleRNNParams};

/// Elements that one task of an elementwise loop takes: large enough to pay for a thread, and fixed,
/// so that no result depends on the number of threads.
pub(crate) const GRAIN: usize = 16 * 1024;

/// The length of a chunk of whole rows of `width` with about [`GRAIN`] elements.
pub(crate) const fn rows_of(width: usize) -> usize {
    let rows = GRAIN / if width == 0 { 1 } else { width };
    width * if rows == 0 { 1 } else { rows }
}
