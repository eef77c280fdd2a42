//! `Quantized::load` of any bytes: an error in words, or a twin that predicts something, and is saved and loaded again as it is.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::prelude::*;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_fuzz::model::{Twin, pictures};
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

fuzz_target!(|data: &[u8]| {
    let path = FOLDER.join("twin");
    put(&path, data);
    let loaded = within((1 << 20) + 40 * data.len(), || {
        told(Quantized::<Twin>::load(&path))
    });
    let Some(twin) = loaded else { return };
    let x = pictures();
    let y = twin.predict(&x).expect("as many outputs as samples");
    let again = FOLDER.join("again.safetensors");
    twin.save(&again).expect("the folder is writable");
    let other = Quantized::<Twin>::load(&again).expect("what is saved is loaded");
    let bits = |y: &[[f32; 3]]| {
        y.as_flattened()
            .iter()
            .map(|y| y.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&y), bits(&other.predict(&x).expect("outputs")));
});
