//! A checkpoint with the right names, but any numbers, and arrays of any length, in what is no weight: what no parser can refuse.
#![no_main]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::model::{X, Y, compiled, resume, save};
use kseq_fuzz::parts::Parts;
use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

/// Type, shape and bytes of an array.
type Array = (Dtype, Vec<usize>, Vec<u8>);

/// The arrays of a valid file, and the names of those that are changed.
static VALID: LazyLock<(BTreeMap<String, Array>, Vec<String>)> = LazyLock::new(|| {
    let path = FOLDER.join("valid");
    save(&path, 5).expect("a training with a checkpoint");
    let bytes = std::fs::read(&path).expect("the checkpoint");
    let file = SafeTensors::deserialize(&bytes).expect("the crate reads it");
    let mut arrays = BTreeMap::new();
    for (name, tensor) in file.tensors() {
        let bytes = tensor.data().to_vec();
        arrays.insert(name, (tensor.dtype(), tensor.shape().to_vec(), bytes));
    }
    let is_beside = |name: &&String| name.contains('/') && !name.starts_with("optimizer/");
    let beside = arrays.keys().filter(is_beside).cloned().collect();
    (arrays, beside)
});

/// The bytes of a number.
fn width(dtype: Dtype) -> usize {
    if dtype == Dtype::F32 { 4 } else { 8 }
}

/// The valid file with what the data say: which array, what of it, and eight bytes.
fn changed(data: &[u8]) -> Vec<u8> {
    let (arrays, beside) = &*VALID;
    let mut arrays = arrays.clone();
    for change in data.chunks(10) {
        let [which, how, number @ ..] = change else {
            break;
        };
        let name = &beside[usize::from(*which) % beside.len()];
        let (dtype, shape, bytes) = arrays.get_mut(name).expect("a name of the file");
        let width = width(*dtype);
        let what = usize::from(how / 4);
        match how % 4 {
            0 => bytes.resize(what % 16 * width, 1),
            1 => bytes.clear(),
            _ => {
                let at = what % 8 * width;
                for (to, from) in bytes.iter_mut().skip(at).take(width).zip(number) {
                    *to = *from;
                }
            }
        }
        *shape = vec![bytes.len() / width];
    }
    let views = arrays.iter().map(|(name, (dtype, shape, bytes))| {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        (name, view.expect("as many bytes as the shape says"))
    });
    // One from before there were checksums: that of the crate has none.
    let said = [("format", "kseq checkpoint"), ("optimizer", "Adam")];
    let said = said.map(|(key, value)| (key.to_owned(), value.to_owned()));
    safetensors::serialize(views, Some(said.into())).expect("a file of the crate's")
}

fuzz_target!(|data: &[u8]| {
    let path = FOLDER.join("checkpoint");
    put(&path, &changed(data));
    let parts = Parts::of(data, 2);
    if parts.has(0) {
        told(resume(&path));
    }
    if parts.has(1) {
        let mut model = compiled();
        if told(model.load(&path)).is_some() {
            told(model.train_on_batch(&X[..2], &Y[..2]));
        }
    }
});
