//! What [`LSTM`](super::LSTM), [`GRU`](super::GRU) and [`SimpleRNN`](super::SimpleRNN) share: their
//! arguments, the rules of their shapes, the layer around a cell, the memory of a sequence, and its
//! matrix products.

mod arguments;
mod call;
mod cell;
mod function;
mod kernels;
#[cfg(all(test, feature = "std"))]
pub(super) mod other;
mod products;
mod rnn;
mod rules;
mod slab;
mod stepwise;

pub use arguments::{Recurrent, RecurrentState, Returns};
pub use rnn::RNN;
pub use rules::{Last, drops, gate_columns, rate_rule, shape, state_rows, stateful_rule};

pub(super) use call::{Call, Dims};
pub(super) use cell::{Cell, Gradients, Input, Memory, Step, Steps};
pub(super) use function::Function;
pub(super) use kernels::*;
pub(super) use products::*;
pub(super) use slab::*;
pub(super) use stepwise::copy_or_zeros;
