//! A valid file of an int8 twin with any parameters in it: multipliers, shifts, zero points, tables and kernels that no calibration
//! gives. It is loaded, predicts something, and never panics.
#![no_main]

use std::ops::Range;
use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::prelude::*;
use kseq_fuzz::files::{folder, put};
use kseq_fuzz::model::{Twin, pictures, twin};
use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);
static PICTURES: LazyLock<[[[[f32; 2]; 7]; 7]; 3]> = LazyLock::new(pictures);

/// A file without a checksum, and where the parameters of each array are in it.
static WHOLE: LazyLock<(Vec<u8>, Vec<Range<usize>>)> = LazyLock::new(|| {
    let path = FOLDER.join("whole.safetensors");
    twin().save(&path).expect("the folder is writable");
    let sealed = std::fs::read(path).expect("it was written");
    let file = SafeTensors::deserialize(&sealed).expect("the crate reads it");
    let (_, header) = SafeTensors::read_metadata(&sealed).expect("it has a header");
    let mut said = header.metadata().clone().unwrap_or_default();
    said.remove("checksum");
    let bytes = safetensors::serialize(file.tensors(), Some(said)).expect("a file of the crate's");
    let again = SafeTensors::deserialize(&bytes).expect("the crate reads it");
    let mut names = again.names();
    names.sort();
    let parameters = names.into_iter().filter_map(|name| {
        let view = again.tensor(name).expect("a name of the file");
        let at = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
        (view.dtype() == Dtype::U8).then_some(at..at + view.data().len())
    });
    let parameters = parameters.collect();
    (bytes, parameters)
});

fuzz_target!(|data: &[u8]| {
    let (whole, parameters) = &*WHOLE;
    let mut file = whole.clone();
    let mut given = data.iter().copied();
    // Of each array some bytes, by a byte that says where and one how many.
    for range in parameters {
        let (Some(at), Some(count)) = (given.next(), given.next()) else {
            break;
        };
        let bytes = &mut file[range.clone()];
        let at = usize::from(at) * bytes.len() / 256;
        let changed = bytes.iter_mut().skip(at).take(usize::from(count));
        for (byte, new) in changed.zip(&mut given) {
            *byte = new;
        }
    }
    let path = FOLDER.join("fields.safetensors");
    put(&path, &file);
    let twin = Quantized::<Twin>::load(&path).expect("any parameters are some");
    twin.predict(&*PICTURES)
        .expect("as many outputs as samples");
});
