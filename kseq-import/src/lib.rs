//! Keras's files in, as layer lists of kseq with their weights, and out again; ONNX ([`mod@onnx`]) and TFLite ([`mod@tflite`]) out,
//! PyTorch's weights in ([`mod@torch`]).
//!
//! A file is read as it stands ([`mod@file`]); its config, of whatever version of Keras, is brought into the words of Keras 3;
//! these are translated to the text of a `sequential!`; and its arrays are given the names and shapes that kseq has.
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

pub mod array;
mod chunks;
pub mod config;
pub mod error;
pub mod file;
mod hdf5;
pub mod import;
mod json;
mod keras_h5;
mod limits;
mod names;
mod npz;
mod numbers;
mod old;
pub mod onnx;
pub mod read;
mod safetensors;
pub mod source;
pub mod tflite;
pub mod torch;
pub mod translate;
mod wanted;
pub mod weights;
mod within;
pub mod write;
mod zip;
