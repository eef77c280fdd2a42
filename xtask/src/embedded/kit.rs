//! The kit beside the repository: compilers for the targets, and an emulator that counts.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::elf::Elf;
use crate::command::run;

/// Where the kit is, seen from the root of the repository.
pub const PLACE: &str = "../shared/embedded";

/// The chip whose numbers users see first.
pub const M4F: &str = "thumbv7em-none-eabihf";

/// The compilers and emulators.
pub struct Kit {
    pub folder: PathBuf,
    /// Where all of it is built.
    pub target: PathBuf,
}

impl Kit {
    /// Builds a package: where its programs are.
    pub fn build(&self, package: &Path, target: &str, opt_level: &str) -> Result<PathBuf, String> {
        let directory = std::path::absolute(&self.target).map_err(|e| e.to_string())?;
        let mut build = Command::new(self.folder.join("bin/cargo-mcu"));
        build.args(["build", "--release", "--quiet", "--target", target]);
        build.args([
            "--config",
            &format!("profile.release.opt-level={}", quoted(opt_level)),
        ]);
        build.current_dir(package);
        // Each level has a folder of its own, so that a second run finds all of it built.
        let directory = match opt_level {
            "3" => directory,
            level => directory.join(format!("opt-level-{level}")),
        };
        run(build.env("CARGO_TARGET_DIR", &directory))?;
        Ok(directory.join(target).join("release"))
    }

    /// Runs a program, which says by its status whether its outputs are right: instructions and stack of the function.
    pub fn count(&self, path: &Path, elf: &Elf, function: &str) -> Result<(u64, u64), String> {
        let symbol = elf.function(function)?;
        let out = path.with_extension("counts");
        let _ = std::fs::remove_file(&out);
        let mut emulator = Command::new(self.folder.join("bin/qemu-run"));
        emulator
            .arg(path)
            .env("COUNT", symbol)
            .env("COUNT_OUT", &out);
        let status = emulator
            .status()
            .map_err(|e| format!("{emulator:?}: {e}"))?;
        if !status.success() {
            let why = match status.code() {
                Some(124) => {
                    "it hangs: in a panic or a fault, or the emulator's time is too short (QEMU_TIMEOUT)"
                }
                _ => "it says that its outputs are not those of the host",
            };
            return Err(format!("{status}: {why}"));
        }
        let counts = std::fs::read_to_string(&out).map_err(|e| e.to_string())?;
        let line = counts.lines().find(|line| line.starts_with("fn "));
        let number = |name: &str| {
            let words = line?.split_whitespace();
            words
                .filter_map(|word| word.split_once('='))
                .find(|(key, _)| *key == name)?
                .1
                .parse::<u64>()
                .ok()
        };
        match (number("calls"), number("max"), number("stack")) {
            (Some(1..), Some(instructions), Some(stack)) => Ok((instructions, stack)),
            _ => Err(format!("`{function}` was not called: {counts}")),
        }
    }
}

/// A level as cargo's configuration has it: a number, or a letter in quotes.
fn quoted(opt_level: &str) -> String {
    match opt_level.parse::<u8>() {
        Ok(_) => opt_level.to_owned(),
        Err(_) => format!("\"{opt_level}\""),
    }
}
