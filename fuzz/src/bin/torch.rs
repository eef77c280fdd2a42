//! The `state_dict` of a PyTorch model as safetensors: an error changes nothing.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::prelude::Model;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_fuzz::model::{Net, Pictures, bits};
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> = LazyLock::new(|| folder().join("state_dict.safetensors"));

fuzz_target!(|data: &[u8]| {
    put(&PATH, data);
    let most = (8 << 20) + 400 * data.len();
    let mut net = Net::new(1);
    let before = bits(&net);
    if within(most, || told(net.load_torch(&*PATH))).is_none() {
        assert_eq!(before, bits(&net), "an error changes nothing");
    }
    let mut pictures = Pictures::new(1);
    let before = bits(&pictures);
    if within(most, || told(pictures.load_torch(&*PATH))).is_none() {
        assert_eq!(before, bits(&pictures), "an error changes nothing");
    }
});
