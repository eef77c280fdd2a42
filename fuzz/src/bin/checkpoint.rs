//! A training goes on from a checkpoint of any bytes; `model.load` of the same.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::model::{X, Y, compiled, resume};
use kseq_fuzz::parts::Parts;
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> = LazyLock::new(|| folder().join("checkpoint"));

fuzz_target!(|data: &[u8]| {
    put(&PATH, data);
    let parts = Parts::of(data, 2);
    if parts.has(0) {
        told(resume(&PATH));
    }
    if parts.has(1) {
        let mut model = compiled();
        if told(model.load(&*PATH)).is_some() {
            told(model.train_on_batch(&X[..2], &Y[..2]));
        }
    }
});
