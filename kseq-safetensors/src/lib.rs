//! The files of weights of kseq, for the library, which reads and writes them, and for `include_weights!`, which reads them
//! while the compiler runs. Use both through the facade crate `kseq`.
//!
//! Here, too: how all files of kseq are written, so that neither a full disk nor a crash leaves them half done, and the fields of those
//! that are protocol buffers.
//!
//! The format is safetensors: eight bytes with the length of the header, the header in JSON
//! (`{"dense_1.kernel":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}}`), the arrays.
//!
//! Written here because the crate of that name brings 21 others, two thirds of the time that kseq may take to build.
//! <https://github.com/huggingface/safetensors> has the format; the tests of kseq read and write with the crate.
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

mod atomic;
mod checkpoint;
mod disk;
#[cfg(test)]
mod faults;
mod file;
mod format;
mod growing;
mod json;
mod npy;
mod place;
pub mod protobuf;
mod why;

pub use atomic::{make_folder, make_folder_of, probe_file, probe_folder, write_all, write_whole};
pub use checkpoint::{CHECKPOINT, beside, is_checkpoint};
pub use file::{ArrayInFile, Entry, File, Values, write};
pub use format::wrong_ending;
pub use growing::Growing;
pub use json::quote;
pub use npy::{MAX_NPY_HEADER, NpyHeader, npy_header};
pub use place::folder;
