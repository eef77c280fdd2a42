//! `cargo kseq import` and the files that it writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Imports a model into a folder: what it says on its way out if it cannot.
fn import(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/tf_mlp.h5");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-kseq"));
    command.args(["kseq", "import"]).arg(model).arg("-o");
    let output = command.arg(folder.join("net.rs")).args(arguments).output();
    let output = output.expect("the program runs");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn folder(name: &str) -> PathBuf {
    let name = format!("kseq-command-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

#[test]
fn of_its_files_none_changes_if_one_cannot_be_written() {
    let folder = folder("blocked");
    import(&folder, &[]).expect("an empty folder");
    let weights = folder.join("net.safetensors");
    assert!(weights.exists());
    let error = import(&folder, &[]).expect_err("they are there");
    assert!(error.contains("is there already"), "{error}");
    // A folder stands where the source goes, which is written last.
    fs::write(&weights, "old").expect("the file is ours");
    fs::remove_file(folder.join("net.rs")).expect("it was written");
    fs::create_dir(folder.join("net.rs")).expect("it is gone");
    let error = import(&folder, &["--force"]).expect_err("a folder");
    assert!(
        error.contains("net.rs`: expected a regular file, found a folder"),
        "{error}"
    );
    assert_eq!(fs::read(&weights).expect("it stays"), b"old");
    assert_eq!(fs::read_dir(&folder).expect("it stays").count(), 2);
    // With room for it, over what is there.
    fs::remove_dir(folder.join("net.rs")).expect("it is empty");
    import(&folder, &["--force"]).expect("nothing is in the way");
    assert_ne!(fs::read(&weights).expect("it stays"), b"old");
    let error = import(&folder.join("none"), &[]).expect_err("no folder");
    assert!(error.contains("there is no folder"), "{error}");
    assert!(error.contains("help: make the folder first"), "{error}");
    fs::remove_dir_all(folder).expect("the folder can be removed");
}
