//! What there is to compile for another processor, and to run it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;

/// One that programs are compiled for.
pub struct Processor {
    pub name: &'static str,
    pub about: &'static str,
    /// What runs its programs; nothing if this CPU does.
    pub emulator: Option<&'static str>,
    /// Values of `KSEQ_ISA` to run with, besides none.
    pub also: &'static [&'static str],
}

pub const PROCESSORS: [Processor; 3] = [
    Processor {
        name: "aarch64",
        about: "64-bit ARM, with the kernels for NEON and the portable ones",
        emulator: Some("qemu-aarch64"),
        also: &["portable"],
    },
    Processor {
        name: "i686",
        about: "32 bits",
        emulator: None,
        also: &[],
    },
    Processor {
        name: "s390x",
        about: "the highest byte first",
        emulator: Some("qemu-s390x"),
        also: &[],
    },
];

/// Installs what is missing.
pub fn setup(processor: &Processor) -> Result<(), String> {
    run(Command::new("tests/processors/setup.sh").arg(processor.name))
        .map_err(|why| format!("{why} (it installs packages of Debian, and says what is missing)"))
}

/// Where this compiler's programs are: it is another one than that of all other builds.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    folder.join("processors")
}

/// Cargo for a processor.
pub fn cargo(processor: &Processor, command: &str) -> Result<Command, String> {
    let home = match std::env::var_os("KSEQ_PROCESSORS") {
        Some(home) => PathBuf::from(home),
        None => Path::new(&std::env::var_os("HOME").ok_or("HOME is not set")?)
            .join(".cache/kseq-processors"),
    };
    let target = format!("{}-unknown-linux-gnu", processor.name);
    let key = target.to_uppercase().replace('-', "_");
    let mut cargo = Command::new("cargo");
    cargo.args([command, "--target", &target]);
    cargo.env("RUSTC", home.join("bin/rustc"));
    cargo.env("CARGO_TARGET_DIR", folder());
    cargo.env(
        format!("CARGO_TARGET_{key}_LINKER"),
        format!("{}-linux-gnu-gcc", processor.name),
    );
    // No libraries of its own have to be found where it runs.
    cargo.env(
        format!("CARGO_TARGET_{key}_RUSTFLAGS"),
        "-Ctarget-feature=+crt-static",
    );
    if let Some(emulator) = processor.emulator {
        cargo.env(format!("CARGO_TARGET_{key}_RUNNER"), emulator);
    }
    Ok(cargo)
}
