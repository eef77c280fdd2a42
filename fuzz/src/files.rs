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

/// Which of so many parts of a target an input takes. What follows a reader (other shapes, other formats that are written) may take
/// much longer than it: then each input does one part, the same one every time it runs.
pub fn part(data: &[u8], parts: u32) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(data);
    // A sum without its first bits is none of the input's own.
    sum.sum() / 64 % parts
}

/// What is wrong with a file must be said in words.
pub fn told<T, E: ToString>(answer: Result<T, E>) -> Option<T> {
    let why = |e: E| assert!(!e.to_string().trim().is_empty(), "an error without words");
    answer.map_err(why).ok()
}
