//! Tests on other processors: 64-bit ARM with its vector kernels, one of 32 bits, one whose highest byte comes first.
//!
//! Compiled by Debian's compiler, which has a standard library for each of them (`tests/processors/setup.sh`), and run by an emulator
//! of programs, or here if this CPU can. All of it takes an hour or two, mostly the compiler: `check` leaves it out.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;

struct Processor {
    name: &'static str,
    about: &'static str,
    /// What runs its programs; nothing if this CPU does.
    emulator: Option<&'static str>,
    /// Values of `KSEQ_ISA` to run with, besides none.
    also: &'static [&'static str],
}

const PROCESSORS: [Processor; 3] = [
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

/// What is run, each by its name.
const SUITES: [(&str, &[&str]); 6] = [
    (
        "int8",
        &["-p", "kseq-int8", "--features=std", "--lib", "--tests"],
    ),
    ("safetensors", &["-p", "kseq-safetensors", "--lib"]),
    ("core", &["-p", "kseq-core", "--lib"]),
    ("import", &["-p", "kseq-import", "--lib", "--tests"]),
    (
        "contracts",
        &[
            "-p",
            "kseq-tests",
            "--test=determinism",
            "--test=weights",
            "--test=baked",
            "--test=resume",
            "--test=gradients",
        ],
    ),
    ("golden", &["-p", "kseq-tests", "--test=golden"]),
];

/// `cargo xtask processors [NAME..] [SUITE..] [-- ARGUMENTS OF THE TESTS]`
pub fn command() -> Result<(), String> {
    let mut words: Vec<String> = std::env::args().skip(2).collect();
    let mut arguments = Vec::new();
    if let Some(at) = words.iter().position(|word| word == "--") {
        arguments = words.split_off(at);
    }
    let is_processor = |word: &String| PROCESSORS.iter().any(|p| p.name == word);
    let is_suite = |word: &String| SUITES.iter().any(|(name, _)| name == word);
    if let Some(word) = words
        .iter()
        .find(|word| !is_processor(word) && !is_suite(word))
    {
        let names: Vec<&str> = PROCESSORS.iter().map(|p| p.name).collect();
        let suites: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "expected processors ({}) and suites ({}), found `{word}`",
            names.join(", "),
            suites.join(", ")
        ));
    }
    for processor in &PROCESSORS {
        if words.iter().any(is_processor) && !words.iter().any(|word| word == processor.name) {
            continue;
        }
        println!("-- {}: {}", processor.name, processor.about);
        setup(processor)?;
        for (name, suite) in SUITES {
            if !words.iter().any(is_suite) || words.iter().any(|word| word == name) {
                test(processor, suite, &arguments).map_err(|why| format!("{name}: {why}"))?;
            }
        }
    }
    Ok(())
}

/// Installs what is missing.
fn setup(processor: &Processor) -> Result<(), String> {
    run(Command::new("tests/processors/setup.sh").arg(processor.name))
        .map_err(|why| format!("{why} (it installs packages of Debian, and says what is missing)"))
}

fn test(processor: &Processor, suite: &[&str], arguments: &[String]) -> Result<(), String> {
    let home = match std::env::var_os("KSEQ_PROCESSORS") {
        Some(home) => PathBuf::from(home),
        None => Path::new(&std::env::var_os("HOME").ok_or("HOME is not set")?)
            .join(".cache/kseq-processors"),
    };
    let target = format!("{}-unknown-linux-gnu", processor.name);
    let key = target.to_uppercase().replace('-', "_");
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    for isa in [None].into_iter().chain(processor.also.iter().map(Some)) {
        let mut test = Command::new("cargo");
        test.args(["test", "--target", &target])
            .args(suite)
            .args(arguments);
        test.env("RUSTC", home.join("bin/rustc"));
        // Another compiler than that of all other builds.
        test.env("CARGO_TARGET_DIR", folder.join("processors"));
        test.env(
            format!("CARGO_TARGET_{key}_LINKER"),
            format!("{}-linux-gnu-gcc", processor.name),
        );
        // No libraries of its own have to be found where it runs.
        test.env(
            format!("CARGO_TARGET_{key}_RUSTFLAGS"),
            "-Ctarget-feature=+crt-static",
        );
        if let Some(emulator) = processor.emulator {
            test.env(format!("CARGO_TARGET_{key}_RUNNER"), emulator);
        }
        if let Some(isa) = isa {
            println!("-- with KSEQ_ISA={isa}");
            test.env("KSEQ_ISA", isa);
        }
        run(&mut test)?;
    }
    Ok(())
}
