//! The table of a model as a terminal shows it: in colour, each row on one line.

use std::borrow::Cow;
use std::env;
use std::string::String;

use super::say::{KEEP_ON_LINE, WRAP, is_terminal, say};

const BOLD: &str = "\x1b[1m";
const BLUE: &str = "\x1b[34m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// Prints a table: as it is into files and pipes, and where nobody wants colours (`NO_COLOR`).
pub(in crate::train) fn show(table: &str) {
    let wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let shown = match wanted && is_terminal() {
        true => Cow::Owned(colored(table)),
        false => Cow::Borrowed(table),
    };
    say(format_args!("{shown}"));
}

/// A row that is wider than the terminal is cut off at its edge: wrapped ones are no table.
fn colored(table: &str) -> String {
    let mut text = String::from(KEEP_ON_LINE);
    for (i, line) in table.lines().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        match line.chars().next() {
            Some('┃') => cells(&mut text, line, '┃', |text, _, cell| {
                text.extend([BOLD, cell, PLAIN]);
            }),
            Some('│') => cells(&mut text, line, '│', |text, column, cell| {
                // The first one is a name and a class: `dense_1 (Dense)`.
                match cell.split_once('(').filter(|_| column == 0) {
                    Some((name, class)) => text.extend([name, BLUE, "(", class, PLAIN]),
                    None if column == 0 => text.push_str(cell),
                    None => text.extend([GREEN, cell, PLAIN]),
                }
            }),
            _ => match line.split_once(':') {
                Some((what, number)) => text.extend([BOLD, what, ":", PLAIN, number]),
                None => text.push_str(line),
            },
        }
    }
    text.push_str(WRAP);
    text
}

/// Writes the cells of a row, and the bars between them as they are.
fn cells(text: &mut String, line: &str, bar: char, write: impl Fn(&mut String, usize, &str)) {
    for (i, cell) in line.split(bar).enumerate() {
        if i > 0 {
            text.push(bar);
        }
        // Outside of the first and the last bar there is nothing.
        match i.checked_sub(1) {
            Some(column) if !cell.is_empty() => write(text, column, cell),
            _ => text.push_str(cell),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_character() {
        let table = "Model: \"Net\"\n┃ Layer (type)    ┃ Param # ┃\n╇═══╇\n│ dense_1 (Dense) │   1,024 │\n Total params: 1,024";
        let shown = colored(table);
        assert!(shown.contains("│ dense_1 \x1b[34m(Dense) \x1b[0m│\x1b[32m   1,024 \x1b[0m│"));
        assert!(shown.contains("\x1b[1m Total params:\x1b[0m 1,024"));
        let codes = [KEEP_ON_LINE, WRAP, BOLD, BLUE, GREEN, PLAIN];
        let plain = codes
            .iter()
            .fold(shown, |text, code| text.replace(code, ""));
        assert_eq!(plain, table);
    }
}
