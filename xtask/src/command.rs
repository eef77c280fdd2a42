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

/// Seconds of the processors that the processes that were waited for have taken. (Linux says it, in hundredths; elsewhere it is 0.)
pub fn cpu_seconds() -> u64 {
    let said = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name of the program, which may be anything in brackets.
    let fields = said.rsplit(')').next().unwrap_or_default();
    let of_children = fields.split_whitespace().skip(13).take(2);
    of_children
        .filter_map(|n| n.parse::<u64>().ok())
        .sum::<u64>()
        / 100
}
