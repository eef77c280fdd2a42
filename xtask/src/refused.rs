//! What is refused without std: `tests/nostd-refused` is written as on a host, and the compiler says what to write.

use std::process::Command;

const FOLDER: &str = "tests/nostd-refused";

/// The errors are those of `errors.txt`, one for each function.
pub fn check() -> Result<(), String> {
    let output = Command::new("cargo")
        .args(["check", "--quiet", "--message-format=short"])
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(FOLDER)
        .output();
    let output = output.map_err(|e| format!("cargo check in {FOLDER}: {e}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let errors = said.lines().filter(|line| line.contains(": error"));
    let errors: Vec<&str> = errors.filter(|line| line.starts_with("src/")).collect();
    let path = format!("{FOLDER}/errors.txt");
    let expected = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    if errors != expected.lines().collect::<Vec<_>>() {
        return Err(format!("{path} is not what the compiler says:\n{said}"));
    }
    println!("{FOLDER}: {} errors, each with its words", errors.len());
    Ok(())
}
