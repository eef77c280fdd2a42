//! What the packages offer to programs, as files that a change of it has to change: `docs/api/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::supply::{PUBLISHED, library};

const PLACE: &str = "docs/api";

/// Compares the lists with the code; with `--write` they are written.
pub fn command() -> Result<(), String> {
    let write = std::env::args()
        .skip(2)
        .any(|argument| argument == "--write");
    let mut changed = Vec::new();
    for package in PUBLISHED {
        let path = Path::new(PLACE).join(format!("{}.txt", library(package)));
        let list = list(package)?;
        if std::fs::read_to_string(&path).ok().as_deref() == Some(&list) {
            continue;
        }
        // A file to compare, where it does not count.
        let new = match write {
            true => path,
            false => Path::new("target").join(format!("{}.api.txt", library(package))),
        };
        std::fs::write(&new, &list).map_err(|e| format!("{}: {e}", new.display()))?;
        changed.push(library(package));
    }
    if changed.is_empty() || write {
        return Ok(());
    }
    for package in &changed {
        let (old, new) = (
            format!("{PLACE}/{package}.txt"),
            format!("target/{package}.api.txt"),
        );
        // Its status says that they differ.
        let _ = Command::new("diff").args(["-u0", &old, &new]).status();
    }
    let changed = changed.join(", ");
    Err(format!(
        "what is public of {changed} has changed: if that is meant, `cargo xtask api --write`, and CHANGELOG.md says what programs have to change"
    ))
}

/// Each public item in a line. What every type has (`impl<T> From<T> for T`) and what is derived is left out.
fn list(package: &str) -> Result<String, String> {
    let json = rustdoc(package)?;
    let api = public_api::Builder::from_rustdoc_json(&json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .map_err(|e| format!("{}: {e}", json.display()))?;
    Ok(without_members(&api.to_string()))
}

/// Leaves out what an implementation of a trait has: the trait says it.
fn without_members(list: &str) -> String {
    let mut kept = String::new();
    let mut member_of: Option<String> = None;
    for line in list.lines() {
        if line.starts_with("impl") {
            let head = line.split(" where ").next().unwrap_or(line);
            member_of = head.rsplit_once(" for ").map(|(_, of)| format!("{of}::"));
        } else if let Some(of) = &member_of
            && !line.starts_with("pub struct")
            && line.split('(').next().is_some_and(|name| name.contains(of))
        {
            continue;
        }
        kept += line;
        kept.push('\n');
    }
    kept
}

/// The documentation of a package as data.
fn rustdoc(package: &str) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    let mut doc = Command::new("cargo");
    doc.args([
        "rustdoc",
        "--quiet",
        "--lib",
        "--all-features",
        "-p",
        package,
    ]);
    doc.args(["--", "-Zunstable-options", "--output-format=json"]);
    // Only rustdoc may write it: build scripts that ask for `RUSTC_BOOTSTRAP` would build their crates anew.
    run(doc.env(
        "RUSTDOC",
        std::path::absolute("tests/rustdoc.sh").map_err(|e| e.to_string())?,
    ))?;
    Ok(target
        .join("doc")
        .join(format!("{}.json", library(package).replace('-', "_"))))
}
