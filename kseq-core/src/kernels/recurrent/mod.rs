//! The steps of recurrent layers whose activations are sigmoid and tanh: products, gates, memory and output of some samples
//! and units at a time; of an LSTM and a GRU without leaving the registers.
//!
//! An element of the sums is the chain that [`gemm`](mod@super::gemm) gives: the terms of the input, then those of the state,
//! then the bias. So it cannot be seen whether the products with the input were taken here or before, how samples were
//! cut into tiles and threads, or which instructions with fused multiply-add were used.
//!
//! From the bottom up: `cell` (which layers), `raw` (a sequence as pointers), `units` (vectors of units), `tile` (the kernel of
//! a step in registers), `lstm` and `gru` (what becomes of the sums), `between` (steps whose products `gemm` takes), `step`
//! (which kernel it is), `sequence` (a sequence as slices), `lookahead` (an LSTM's step for one or two samples), `run` (all
//! steps, which is what is called); and `backward` with `gradients`, the way back.

#![cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code, unused_imports, unused_macros, unused_variables)
)]

mod backward;
mod between;
mod cell;
mod gradients;
mod gru;
mod lookahead;
mod lstm;
mod raw;
mod run;
mod sequence;
mod step;
mod tile;
mod units;

pub(crate) use backward::BackwardSequence;
pub(crate) use cell::Cell;
pub(crate) use run::{InitialState, suits};
pub(crate) use sequence::Sequence;
