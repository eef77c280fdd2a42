//! A valid file of an int8 twin with any parameters in it: multipliers, shifts, zero points, tables and kernels that no calibration
//! gives. It is loaded, predicts something, and never panics.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::prelude::*;
use kseq_fuzz::files::{folder, put};
use kseq_fuzz::model::{Twin, pictures, twin};
use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = FOLDER.join("whole.safetensors");
    twin().save(&path).expect("the folder is writable");
    std::fs::read(path).expect("it was written")
});

fuzz_target!(|data: &[u8]| {
    let file = SafeTensors::deserialize(&WHOLE).expect("the crate reads it");
    let (_, header) = SafeTensors::read_metadata(&WHOLE).expect("it has a header");
    let mut said = header.metadata().clone().unwrap_or_default();
    said.remove("checksum");
    let mut given = data.iter().copied();
    // Of each array some bytes, by a byte that says where and one how many.
    let arrays: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = file
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let mut bytes = view.data().to_vec();
            if view.dtype() == Dtype::U8
                && let (Some(at), Some(count)) = (given.next(), given.next())
            {
                let at = usize::from(at) * bytes.len() / 256;
                let changed = bytes.iter_mut().skip(at).take(usize::from(count));
                for (byte, new) in changed.zip(&mut given) {
                    *byte = new;
                }
            }
            (name, view.dtype(), view.shape().to_vec(), bytes)
        })
        .collect();
    let views = arrays.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes");
        (name, view)
    });
    let path = FOLDER.join("fields.safetensors");
    let bytes = safetensors::serialize(views, Some(said)).expect("a file of the crate's");
    put(&path, &bytes);
    let twin = Quantized::<Twin>::load(&path).expect("any parameters are some");
    twin.predict(&pictures())
        .expect("as many outputs as samples");
});
