//! Tells cargo of the files in the folder of golden cases that `KSEQ_GOLDEN` names: a macro can only name those that it has
//! read, and a new one is a new case.

#[path = "any_length/generate.rs"]
mod any_length;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=any_length/generate.rs");
    println!("cargo::rerun-if-env-changed=KSEQ_ANY_LENGTH");
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    let written = std::fs::write(
        std::path::Path::new(&out).join("any_length.rs"),
        any_length::generate(),
    );
    written.unwrap_or_else(|e| panic!("{}: {e}", out.display()));
    println!("cargo::rerun-if-env-changed=KSEQ_GOLDEN");
    if let Some(folder) = std::env::var_os("KSEQ_GOLDEN") {
        // The compiler runs in the folder above, that of the workspace.
        let folder = std::path::Path::new("..").join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
    }
}
