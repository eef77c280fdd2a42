//! A training goes on from a checkpoint of any bytes, or `model.load` reads them, by the bytes.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq_fuzz::files::{folder, part, put, told};
use kseq_fuzz::model::{X, Y, compiled, resume};
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> = LazyLock::new(|| folder().join("checkpoint"));

fuzz_target!(|data: &[u8]| {
    put(&PATH, data);
    if part(data, 2) == 0 {
        told(resume(&PATH));
        return;
    }
    let mut model = compiled();
    if told(model.load(&*PATH)).is_some() {
        told(model.train_on_batch(&X[..2], &Y[..2]));
    }
});
