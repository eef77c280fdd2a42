//! What a check needs besides Rust: programs from Debian, the standard library for other machines.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command};

use crate::command::run;

/// The lock of what installs Debian's packages: one at a time.
pub const DEBIAN: &str = "debian";

/// Packages that are being installed: something can be built meanwhile.
pub struct Installing(Option<(Child, String, File)>);

/// Begins to install what is missing of these: a program, and the package of Debian that has it.
pub fn begin(programs: &[(&str, &str)]) -> Result<Installing, String> {
    if missing(programs).is_empty() {
        return Ok(Installing(None));
    }
    // Another check may have installed some of them until it is this one's turn.
    let lock = lock(DEBIAN)?;
    let missing = missing(programs);
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
        Ok(child) => Ok(Installing(Some((child, packages, lock)))),
        Err(e) => Err(format!("{shell:?}: {e}")),
    }
}

/// The packages of those programs that are not there.
fn missing<'a>(programs: &[(&str, &'a str)]) -> Vec<&'a str> {
    let is_there = |program: &str| {
        let found = Command::new(program).arg("--version").output();
        found.is_ok_and(|output| output.status.success())
    };
    let missing = programs.iter().filter(|(program, _)| !is_there(program));
    missing.map(|&(_, package)| package).collect()
}

impl Installing {
    /// Waits until all of them are there.
    pub fn end(self) -> Result<(), String> {
        let Some((mut child, packages, _lock)) = self.0 else {
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

/// Held while something is installed: who wants the same meanwhile waits, and finds it there.
pub fn lock(name: &str) -> Result<File, String> {
    let path = format!("target/{name}.lock");
    let failed = |e: std::io::Error| format!("{path}: {e}");
    std::fs::create_dir_all("target").map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
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
