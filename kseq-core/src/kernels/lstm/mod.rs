//! The steps of an LSTM whose activations are sigmoid and tanh: products, gates, memory and output of some samples and
//! units at a time, without leaving the registers.
//!
//! An element of the sums is the chain that [`gemm`](mod@super::gemm) gives: the terms of the input, then those of the state,
//! then the bias. So it cannot be seen whether the products with the input were taken here or before, how samples were
//! cut into tiles and threads, or which instructions with fused multiply-add were used.
//!
//! From the bottom up: `raw` (a sequence as pointers), `tile` (the kernel of a step), `sequence` (a sequence as slices),
//! `lookahead` (the step for one or two samples), `run` (all steps, which is what is called); and `backward`, a step backwards.

mod backward;
mod lookahead;
mod raw;
mod run;
mod sequence;
mod tile;

pub(crate) use backward::{BackwardStep, step_backward};
pub(crate) use run::{InitialState, suits, takes_input};
pub(crate) use sequence::Sequence;
