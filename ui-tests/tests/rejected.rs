//! Every program in `ui/` must be refused by `cargo check`, with exactly the text beside it.
//!
//! The text of a compiler changes with its version: it is pinned for the toolchain in CI. To accept
//! a new text after reading it: `TRYBUILD=overwrite cargo test -p ui-tests`.

use std::path::Path;

/// The folder in which the programs are compiled has the files that they include.
fn copy_weights() -> std::io::Result<()> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let target = target.expect("the folder target").join("tests/trybuild");
    let target = target.join(env!("CARGO_PKG_NAME")).join("weights");
    std::fs::create_dir_all(&target)?;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/weights"))? {
        let file = entry?.path();
        std::fs::copy(&file, target.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

#[test]
fn rejected_models() {
    copy_weights().expect("the files of weights");
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}

/// README and the first page of the documentation show what the compiler really says.
#[test]
fn the_first_pages_quote_the_compiler() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let read = |path: &str| std::fs::read_to_string(format!("{root}{path}")).expect(path);
    let said = read("tests/ui/readme.stderr") + &read("tests/ui/readme_shapes.stderr");
    for page in ["../README.md", "../src/lib.rs"] {
        let text = read(page).replace("//! ", "");
        let (_, quoted) = text.split_once("```text\n").expect("a quotation");
        let (quoted, _) = quoted.split_once("```").expect("its end");
        for line in quoted.lines() {
            let real = said.lines().any(|l| l.trim_end() == line.trim_end());
            assert!(real, "{page} says, but not the compiler: {line}");
        }
    }
}
