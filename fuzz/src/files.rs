//! Files for readers that take a path: in memory, where the system has such a folder.

use std::path::{Path, PathBuf};

/// A folder of this process. `cargo xtask fuzz` says where, and removes it.
pub fn folder() -> PathBuf {
    let folder = match std::env::var_os("KSEQ_FUZZ_FOLDER") {
        Some(folder) => folder.into(),
        None => std::env::temp_dir(),
    };
    let folder = folder.join(format!("kseq-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}

/// Writes a file.
pub fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("the folder is writable");
}

/// What is wrong with a file must be said in words.
pub fn told<T, E: ToString>(answer: Result<T, E>) -> Option<T> {
    let why = |e: E| assert!(!e.to_string().trim().is_empty(), "an error without words");
    answer.map_err(why).ok()
}
