//! The `state_dict` of a PyTorch model as safetensors: an error changes nothing.
#![no_main]

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::LazyLock;

use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use kseq_fuzz::model::{Kept, Net, Pictures};
use libfuzzer_sys::fuzz_target;

static PATH: LazyLock<PathBuf> = LazyLock::new(|| folder().join("state_dict.safetensors"));

thread_local! {
    static NET: RefCell<Kept<Net>> = RefCell::default();
    static PICTURES: RefCell<Kept<Pictures>> = RefCell::default();
}

fuzz_target!(|data: &[u8]| {
    put(&PATH, data);
    let most = (8 << 20) + 400 * data.len();
    NET.with_borrow_mut(|net| {
        net.load(|net| within(most, || told(net.load_torch(&*PATH)).is_some()));
    });
    PICTURES.with_borrow_mut(|pictures| {
        pictures.load(|pictures| within(most, || told(pictures.load_torch(&*PATH)).is_some()));
    });
});
