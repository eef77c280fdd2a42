//! TensorBoard's event files, of which the whole records are kept when a training goes on: what is kept is kept again.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kseq_fuzz::files::{folder, put};
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(folder);

// It is private: the file itself.
#[path = "../../../kseq-core/src/train/files"]
mod train {
    use std::path::Path;

    #[allow(dead_code)]
    pub mod events;

    /// Goes on with the only file of a folder, which should have more bytes than it has; how many were kept.
    pub fn resumed(folder: &Path, expected: u64) -> u64 {
        let name = events::FileName::of([1.0, 2.0, 3.0]).file();
        let mut events = events::Events::after(expected);
        let scalar = ("loss".to_owned(), events::Value::Scalar(0.5));
        events
            .write(&folder.join(name), 7, &[scalar])
            .expect("the folder is writable");
        events.len
    }
}

/// What is kept of a file, with a record of one scalar behind it.
fn kept(folder: &std::path::Path, bytes: &[u8]) -> Vec<u8> {
    let path = folder.join("events.out.tfevents.0000000001.kseq.2.3.v2");
    put(&path, bytes);
    let len = train::resumed(folder, bytes.len() as u64 + 1);
    let file = std::fs::read(&path).expect("it was written");
    assert_eq!(file.len() as u64, len);
    file
}

/// Records of two resumed trainings.
static VALID: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let first = kept(&FOLDER, &[]);
    kept(&FOLDER, &first)
});

fuzz_target!(|data: &[u8]| {
    let Some((cut, data)) = data.split_first() else {
        return;
    };
    // Nobody guesses a checksum: some of a valid file stands before the data.
    let begin = &VALID[..usize::from(*cut).min(VALID.len())];
    let file = kept(&FOLDER, &[begin, data].concat());
    if begin.len() == VALID.len() {
        assert!(file.starts_with(&VALID), "whole records are kept");
    }
    let again = kept(&FOLDER, &file);
    assert!(again.starts_with(&file), "all that was written is whole");
});
