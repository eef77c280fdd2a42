//! What must hold for a file of Keras that was read: a list of layers that is Rust, or an error in words.

use std::str::FromStr;

use kseq_import::file::File;
use kseq_import::{import, onnx, source, write};
use proc_macro2::TokenStream;

use crate::files::told;
use crate::parts::Parts;

/// Whatever can be made of a file is made: source of each, the formats that are written by parts.
pub fn all_of(file: &File, data: &[u8]) {
    let Some(imported) = told(import::of_file(file, None)) else {
        // A file without a shape may be told one.
        told(import::of_file(file, Some(vec![None, Some(4)])));
        return;
    };
    let place = source::Place {
        name: "Net",
        from: "model.h5",
        weights: "net.safetensors",
    };
    for text in [
        source::module(&imported.model, &place),
        source::sequential(&imported.model, "pub Net"),
    ] {
        TokenStream::from_str(&text).unwrap_or_else(|e| panic!("no tokens ({e}):\n{text}"));
    }
    let _ = source::summary(&imported.model, &imported.weights);
    if !imported.weights.is_empty() {
        let bytes = imported.safetensors();
        kseq_safetensors::File::parse(bytes).expect("what is written is read");
    }
    let parts = Parts::of(data, 4);
    if parts.has(0) {
        told(onnx::onnx(&imported));
    }
    if parts.has(1) {
        told(write::json(file));
    }
    if parts.has(2) {
        told(write::keras(file));
    }
    if parts.has(3) {
        told(write::h5(file));
    }
}
