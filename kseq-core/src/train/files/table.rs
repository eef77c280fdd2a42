//! Tables as text (RFC 4180): cells, and the first row of a file.

use std::borrow::Cow;
use std::format;
use std::io::{self, BufRead};
use std::string::String;
use std::vec::Vec;

/// A cell: in quotation marks if it has what would end it.
pub(in crate::train) fn cell(text: &str, separator: char) -> Cow<'_, str> {
    match text.contains([separator, '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")).into(),
        false => text.into(),
    }
}

/// The longest first row that is read.
const LONGEST: u64 = 1 << 20;

/// The cells of a first row; `None` if it is not one of text, or has no end.
pub(in crate::train) fn first_row(
    file: impl io::Read,
    separator: char,
) -> io::Result<Option<Vec<String>>> {
    let mut bytes = Vec::new();
    let mut file = io::BufReader::new(file.take(LONGEST));
    // A line may end within quotation marks.
    while file.read_until(b'\n', &mut bytes)? > 0 {
        let quotes = bytes.iter().filter(|b| **b == b'"').count();
        if quotes.is_multiple_of(2) && bytes.ends_with(b"\n") {
            let row = core::str::from_utf8(&bytes).ok();
            let row = row.map(|row| row.trim_end_matches('\n').trim_end_matches('\r'));
            return Ok(row.map(|row| cells(row, separator)));
        }
    }
    Ok(None)
}

/// The cells of a row.
fn cells(row: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            c if c == separator && !quoted => cells.push(core::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read() {
        let names = ["epoch", "a,b", "say \"it\"", "two\r\nlines", "", ";", "\""];
        let row: Vec<_> = names.iter().map(|name| cell(name, ',')).collect();
        assert_eq!(row[0], "epoch");
        let file = format!("{}\r\n0,1,2\r\n", row.join(","));
        let found = first_row(file.as_bytes(), ',').unwrap();
        assert_eq!(found.unwrap(), names);
        for no in ["", "epoch,loss", "\"epoch\n", "\u{0}\u{0}"] {
            assert_eq!(first_row(no.as_bytes(), ',').unwrap(), None, "{no}");
        }
        assert_eq!(first_row(&b"\xff,a\n"[..], ',').unwrap(), None);
    }
}
