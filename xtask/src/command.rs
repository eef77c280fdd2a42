//! The commands that the checks run.

use std::process::Command;

/// Runs a command in the folder of the workspace (or below it); an error names it.
pub fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(e) => Err(format!("{command:?}: {e}")),
    }
}

/// Installs programs that are missing, each from a package of Debian, where that is allowed.
pub fn install(programs: &[(&str, &str)]) -> Result<(), String> {
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
        return Ok(());
    }
    let missing = missing.join(" ");
    println!("installs {missing}");
    let install = format!(
        "apt-get update -qq && apt-get install -y -qq --no-install-recommends {missing} >/dev/null"
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &install]);
    run(shell.env("DEBIAN_FRONTEND", "noninteractive"))
        .map_err(|why| format!("{why} (as root it would install what is missing: {missing})"))
}

/// The standard library for another machine, unless it is there.
pub fn add_target(machine: &str) -> Result<(), String> {
    let mut libraries = Command::new("rustc");
    libraries.args(["--print", "target-libdir", "--target", machine]);
    let output = libraries.output().map_err(|e| e.to_string())?;
    match std::path::Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        true => Ok(()),
        false => run(Command::new("rustup").args(["target", "add", machine])),
    }
}
