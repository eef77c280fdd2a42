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
    let (mut bytes, mut quotes) = (Vec::new(), 0);
    let mut file = io::BufReader::new(file.take(LONGEST));
    // A line may end within quotation marks.
    loop {
        let begin = bytes.len();
        if file.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        quotes += bytes.iter().skip(begin).filter(|b| **b == b'"').count();
        if quotes.is_multiple_of(2) && bytes.ends_with(b"\n") {
            let row = core::str::from_utf8(&bytes).ok();
            let row = row.map(|row| row.trim_end_matches('\n').trim_end_matches('\r'));
            return Ok(row.map(|row| cells(row, separator)));
        }
    }
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

    /// A mark that nothing ends, and a million lines: each is looked at once. (All of them for each, that was 500 billion bytes.)
    #[test]
    fn a_mark_that_nothing_ends() {
        let mut file = Vec::from([b'"']);
        file.resize(2 * LONGEST as usize, b'\n');
        assert_eq!(first_row(&file[..], ',').unwrap(), None);
        file[LONGEST as usize - 2] = b'"';
        let row = first_row(&file[..], ',').unwrap().unwrap();
        assert_eq!(row, ["\n".repeat(LONGEST as usize - 3)]);
    }
}
