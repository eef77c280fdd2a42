//! What is printed.

use core::fmt::Arguments;
use std::io::{self, IsTerminal, Write};

/// From here on a terminal cuts lines off at its edge.
pub(super) const KEEP_ON_LINE: &str = "\x1b[?7l";
/// From here on it wraps them again.
pub(super) const WRAP: &str = "\x1b[?7h";

/// Prints a line to stdout. Nobody may be there to read it, or the disk of the log may be full: that is no
/// reason to end a training, as `println!` would.
pub(in crate::train) fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Whether stdout is a terminal that knows colours and lines that change: no file, no pipe, no notebook, and not one that says that it
/// can only print.
pub(super) fn is_terminal() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !is_dumb
}
