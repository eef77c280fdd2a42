//! `sentences::load_data`, plain or packed.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq::datasets::sentences;
use kseq_fuzz::files::{folder, put, told};
use kseq_fuzz::memory::within;
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

fuzz_target!(|data: &[u8]| {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    let name = ["x.tsv", "y.tsv.gz"][usize::from(how % 2)];
    let path = FOLDER.join(name);
    put(&path, data);
    within((1 << 22) + 40 * data.len(), || {
        for sentence in told(sentences::load_data_up_to(&path, 1 << 19)).unwrap_or_default() {
            assert!((-4.0..=4.0).contains(&sentence.score));
            assert!(!sentence.text.trim().is_empty());
        }
    });
});
