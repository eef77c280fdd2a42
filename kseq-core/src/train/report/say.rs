//! What is printed.

use core::fmt::Arguments;
use std::io::{self, Write};

/// Prints a line to stdout. Nobody may be there to read it, or the disk of the log may be full: that is no
/// reason to end a training, as `println!` would.
pub(in crate::train) fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}
