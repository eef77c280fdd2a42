//! What is printed.

use core::fmt::Arguments;
use std::io::{self, IsTerminal, Write};
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::string::String;

/// From here on a terminal cuts lines off at its edge.
pub(super) const KEEP_ON_LINE: &str = "\x1b[?7l";
/// From here on it wraps them again.
pub(super) const WRAP: &str = "\x1b[?7h";

/// Prints a line to stdout. Nobody may be there to read it, or the disk of the log may be full: that is no
/// reason to end a training, as `println!` would.
pub(in crate::train) fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints parts of a line at once. As for `say`: nobody may be there to read it.
pub(super) fn put(parts: &[&str]) {
    let mut out = io::stdout().lock();
    let _ = parts
        .iter()
        .try_for_each(|part| out.write_all(part.as_bytes()));
    let _ = out.flush();
}

/// Whether stdout is a terminal that knows colours and lines that change: no file, no pipe, no notebook, and not one that says that it
/// can only print.
pub(in crate::train) fn is_terminal() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !is_dumb
}

/// How many characters a line of the output has room for: what `COLUMNS` says, as in Python, else the width of the terminal, if it is one.
pub(super) fn columns() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok();
    let said = said.and_then(|columns| columns.parse().ok());
    said.or_else(|| is_terminal().then(terminal_columns).flatten())
        .filter(|columns| *columns > 0)
}

/// As `stty` knows it: shells keep `COLUMNS` to themselves, and the standard library does not ask the system.
#[cfg(unix)]
fn terminal_columns() -> Option<usize> {
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let mut stty = Command::new("stty");
    let said = stty.arg("size").stdin(terminal).stderr(Stdio::null());
    let said = String::from_utf8(said.output().ok()?.stdout).ok()?;
    // Rows and columns.
    said.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(not(unix))]
fn terminal_columns() -> Option<usize> {
    None
}

/// Whether there are colours: on a terminal, unless nobody wants them (`NO_COLOR`).
pub(super) fn is_colored() -> bool {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    wanted && is_terminal()
}
