//! The integer operators of kseq's quantised networks: the arithmetic of TFLite's int8 specification, bit for bit.
//!
//! What an operator is, is plain data ([`op::Op`]); its parameters are slices of a block of bytes ([`params::Params`]), which a
//! microcontroller reads where it lies. Nothing here allocates, and nothing knows of models or layers.
//!
//! A number `q` of a tensor stands for `scale * (q - zero_point)`; of a kernel, whose zero point is 0, for `scale[channel] * q`.
//!
//! Source: <https://ai.google.dev/edge/litert/models/quantization_spec>, and the reference kernels of LiteRT.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

#[cfg(any(feature = "std", test))]
extern crate std;

pub mod arithmetic;
mod conv;
mod dense;
mod depthwise;
mod kernels;
pub mod lstm;
mod mean;
pub mod op;
pub mod packing;
mod pad;
pub mod params;
mod patches;
mod pool;
pub mod product;
mod rows;
pub mod run;
mod softmax;
mod table;
pub mod views;
#[cfg(any(feature = "std", test))]
pub mod write;

pub use product::product;
pub use run::{run, scratch_len};
