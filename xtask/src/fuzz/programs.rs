//! The programs of `fuzz/`: which there are, how they are built, where their files lie.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;

/// The targets, `fuzz/src/bin/NAME.rs`, and the dictionary of each.
pub(super) const TARGETS: &[(&str, &str)] = &[
    ("checkpoint", "safetensors"),
    ("checkpoint_fields", "safetensors"),
    ("config", "config"),
    ("csv", "text"),
    ("events", "text"),
    ("filepath", "text"),
    ("hdf5", "hdf5"),
    ("idx", "npy"),
    ("keras", "hdf5"),
    ("npy", "npy"),
    ("npz", "npy"),
    ("picture", "picture"),
    ("safetensors", "safetensors"),
    ("sentences", "text"),
    ("table", "text"),
    ("tokenizer", "text"),
    ("tokenizer_json", "text"),
    ("torch", "safetensors"),
    ("twin", "safetensors"),
    ("twin_fields", "safetensors"),
    ("vectorization", "text"),
    ("weights", "safetensors"),
];

/// Where AddressSanitizer is, and the folder of what is built.
pub(super) const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// What cargo-fuzz gives the compiler: counters of edges. (But not `--cfg fuzzing`, by which some crates leave out checksums.)
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table";

/// What cargo-fuzz gives it, too, beside AddressSanitizer: numbers that are compared with one another, from which libFuzzer makes
/// inputs. It is a call at each of them, half of the time and more.
const SANITIZED: &str = "-Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address";

/// How the programs are built: AddressSanitizer and what is compared take more than half of the executions.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Build {
    Sanitized,
    Plain,
    /// With counters of lines, for no fuzzing.
    Counted,
}

impl Build {
    pub(super) fn name(self) -> &'static str {
        match self {
            Build::Sanitized => "sanitized",
            Build::Plain => "plain",
            Build::Counted => "counted",
        }
    }

    /// The profile of `fuzz/Cargo.toml`.
    fn profile(self) -> &'static str {
        match self {
            Build::Sanitized => "smoke",
            Build::Plain => "release",
            Build::Counted => "counted",
        }
    }

    /// Builds all programs, lets `seeds` write valid files, and gives the folder of the programs.
    pub(super) fn programs(self) -> Result<PathBuf, String> {
        let target = folder()?.join(self.name());
        let flags = match self {
            Build::Sanitized => format!("{COVERAGE} {SANITIZED}"),
            Build::Plain => format!("{COVERAGE} "),
            Build::Counted => "-Cinstrument-coverage".to_owned(),
        };
        run(Command::new("cargo")
            .args(["build", "--quiet", "--target", TRIPLE])
            .args(["--profile", self.profile(), "--target-dir"])
            .arg(&target)
            .current_dir("fuzz")
            // The stable compiler has what is needed.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", flags))?;
        let programs = target.join(TRIPLE).join(self.profile());
        let scratch = Scratch::new()?;
        run(Command::new(programs.join("seeds"))
            .env("KSEQ_FUZZ_SEEDS", empty("seeds")?)
            .env("LLVM_PROFILE_FILE", scratch.0.join("seeds.profraw"))
            .env("KSEQ_FUZZ_FOLDER", &scratch.0))?;
        Ok(programs)
    }
}

/// What is built and found: beside that of all other builds, which have other flags.
pub(super) fn folder() -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| "target".into(), PathBuf::from);
    std::path::absolute(target.join("fuzz")).map_err(|e| e.to_string())
}

/// A new folder below the one of the fuzzers.
pub(super) fn empty(name: &str) -> Result<PathBuf, String> {
    let path = folder()?.join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// The corpora of a target: what was found on this machine (it grows), the valid files, and what is in the project.
pub(super) fn corpora(name: &str) -> Result<[PathBuf; 3], String> {
    let folder = folder()?;
    let committed = empty(&format!("committed/{name}"))?;
    let archive = format!("fuzz/corpus/{name}.tar.xz");
    if Path::new(&archive).is_file() {
        run(Command::new("tar")
            .args(["-xJf", &archive, "-C"])
            .arg(&committed))?;
    }
    let found = folder.join("found").join(name);
    fs::create_dir_all(&found).map_err(|e| e.to_string())?;
    Ok([found, folder.join("seeds").join(name), committed])
}

/// Files of the readers that take paths: in memory if they can be, removed at the end.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, String> {
        let memory = Path::new("/dev/shm");
        let memory = memory.is_dir().then(|| memory.to_path_buf());
        let folder = memory.unwrap_or_else(std::env::temp_dir);
        let folder = folder.join(format!("kseq-fuzz-of-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::TARGETS;
    use std::path::Path;

    /// Each program of `fuzz/` is run, and has its dictionary.
    #[test]
    fn each_target_is_run() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let mut files: Vec<String> = std::fs::read_dir(fuzz.join("src/bin"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|name| name != "seeds")
            .collect();
        files.sort();
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, names);
        for (name, words) in TARGETS {
            let dictionary = fuzz.join(format!("dictionaries/{words}.dict"));
            assert!(dictionary.is_file(), "{name} has no dictionary");
        }
    }
}
