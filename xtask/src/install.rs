//! What a check needs besides Rust: programs from Debian, the standard library for other machines.

use std::path::Path;
use std::process::{Child, Command};

use crate::command::run;

/// Packages that are being installed: something can be built meanwhile.
pub struct Installing(Option<(Child, String)>);

/// Begins to install what is missing of these: a program, and the package of Debian that has it.
pub fn begin(programs: &[(&str, &str)]) -> Result<Installing, String> {
    let is_there = |program: &str| {
        let found = Command::new(program).arg("--version").output();
        found.is_ok_and(|output| output.status.success())
    };
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|&(_, package)| package)
        .collect();
    if missing.is_empty() {
        return Ok(Installing(None));
    }
    let packages = missing.join(" ");
    println!("installs {packages}");
    let install = format!(
        "apt-get update -qq && apt-get install -y -qq --no-install-recommends {packages} >/dev/null"
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &install]);
    match shell.env("DEBIAN_FRONTEND", "noninteractive").spawn() {
        Ok(child) => Ok(Installing(Some((child, packages)))),
        Err(e) => Err(format!("{shell:?}: {e}")),
    }
}

impl Installing {
    /// Waits until all of them are there.
    pub fn end(self) -> Result<(), String> {
        let Some((mut child, packages)) = self.0 else {
            return Ok(());
        };
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!(
                "{status}: root may install what is missing, `apt-get install {packages}`"
            )),
            Err(e) => Err(format!("apt-get: {e}")),
        }
    }
}

/// The standard library for another machine.
pub fn add_target(machine: &str) -> Result<(), String> {
    let mut libraries = Command::new("rustc");
    libraries.args(["--print", "target-libdir", "--target", machine]);
    let output = libraries.output().map_err(|e| e.to_string())?;
    match Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        true => Ok(()),
        false => run(Command::new("rustup").args(["target", "add", machine])),
    }
}
