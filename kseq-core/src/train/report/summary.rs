//! The table of a model as a terminal shows it: in colour, and as wide as there is room.

use core::fmt::{self, Debug, Display};
use core::marker::PhantomData;
use std::borrow::Cow;
use std::string::String;
use std::vec::Vec;

use super::say::{KEEP_ON_LINE, WRAP, columns, is_colored, say};
use crate::summary::width;

const BOLD: &str = "\x1b[1m";
const BLUE: &str = "\x1b[34m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// What is left of a `summary()` that has printed its table: nothing, and no text either.
///
/// (It is no `()` so that the compiler says of `println!("{}", model.summary())` what was meant.)
pub struct Printed<T = ()>(PhantomData<T>);

/// What `summary()` would have to give.
#[diagnostic::on_unimplemented(
    message = "`summary()` has printed the table, and gives no text",
    label = "the text is `model.summary_text()`",
    note = "`model.summary();` by itself prints the table, on a terminal in its width and in colour"
)]
pub trait GivesText {}

impl<T: GivesText> Display for Printed<T> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<T: GivesText> Debug for Printed<T> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Prints a table: as it is into files and pipes.
pub(in crate::train) fn show(table: &str) -> Printed {
    let fitted = match columns() {
        Some(columns) => Cow::Owned(fit(table, columns)),
        None => Cow::Borrowed(table),
    };
    let shown = match is_colored() {
        true => Cow::Owned(colored(&fitted)),
        false => fitted,
    };
    say(format_args!("{shown}"));
    Printed(PhantomData)
}

/// The columns of text, which may be folded: names and shapes. The others are numbers.
const TEXTS: usize = 2;

/// A column of text is not made smaller than this.
const LEAST: usize = 8;

/// The table in so many columns of a terminal: where rows are wider, as Keras does it, the cells of the widest column of text take several lines.
fn fit(table: &str, columns: usize) -> String {
    // Of each line its cells, if it is a row.
    let rows = table.lines().map(|line| (line, cells_of(line)));
    let rows: Vec<(&str, Option<Vec<&str>>)> = rows.collect();
    let found = rows.iter().find_map(|(_, cells)| cells.as_ref());
    let Some(first) = found else {
        return String::from(table);
    };
    let mut widths: Vec<usize> = first.iter().map(|cell| width(cell)).collect();
    // A bar before each cell, and one at the end.
    let mut wide = widths.iter().sum::<usize>() + widths.len() + 1;
    while wide > columns {
        let texts = widths.iter_mut().take(TEXTS);
        let widest = texts.rev().max_by_key(|width| **width);
        match widest.filter(|width| **width > LEAST + 2) {
            Some(width) => *width -= 1,
            None => break,
        }
        wide -= 1;
    }
    let mut text = String::new();
    for (line, cells) in rows {
        match cells {
            Some(cells) => row(&mut text, line, &cells, &widths),
            None => border(&mut text, line, &widths),
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// `│ dense_1 (Dense) │ (None, 10) │`: what is between the bars.
fn cells_of(line: &str) -> Option<Vec<&str>> {
    let bar = line.chars().next().filter(|bar| "┃│".contains(*bar))?;
    Some(line.trim_matches(bar).split(bar).collect())
}

/// A row in columns of these widths; cells that are wider go on in the next line.
fn row(text: &mut String, line: &str, cells: &[&str], widths: &[usize]) {
    let bar = line.chars().next().unwrap_or(' ');
    let texts = cells.iter().zip(widths).take(TEXTS);
    let texts: Vec<Vec<&str>> = texts
        .map(|(cell, room)| fold(cell.trim(), room.saturating_sub(2)))
        .collect();
    let lines = texts.iter().map(Vec::len).max().unwrap_or(1);
    for at in 0..lines {
        if at > 0 {
            text.push('\n');
        }
        for (column, room) in widths.iter().enumerate() {
            text.push(bar);
            let (margin, part) = match texts.get(column) {
                Some(parts) => (" ", parts.get(at)),
                // A number as it is, in the first line.
                None => ("", cells.get(column).filter(|_| at == 0)),
            };
            let part = part.copied().unwrap_or("");
            text.extend([margin, part]);
            let space = room.saturating_sub(margin.len() + width(part));
            text.extend(core::iter::repeat_n(' ', space));
        }
        text.push(bar);
    }
}

/// The parts of a text that fit into so many columns: it breaks behind a space, or where there is no room left.
fn fold(text: &str, room: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while width(rest) > room {
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
        let fitting = ends.take_while(|end| {
            rest.get(..*end)
                .is_some_and(|part| width(part.trim_end()) <= room)
        });
        // At least a character.
        let least = rest.chars().next().map_or(0, char::len_utf8);
        let end = fitting.last().unwrap_or(0).max(least);
        let (part, _) = rest.split_at(end);
        let end = part.rfind(' ').map_or(end, |space| space + 1);
        let (part, behind) = rest.split_at(end);
        parts.push(part.trim_end());
        rest = behind;
    }
    parts.push(rest);
    parts
}

/// A line between rows, `├─────┼─────┤`, in columns of these widths; any other line as it is.
fn border(text: &mut String, line: &str, widths: &[usize]) {
    let mut chars = line.chars();
    let dash = chars.nth(1).filter(|dash| "━─═".contains(*dash));
    let Some(dash) = dash else {
        return text.push_str(line);
    };
    let mut joints = line.chars().filter(|c| *c != dash);
    for width in widths {
        text.extend(joints.next());
        text.extend(core::iter::repeat_n(dash, *width));
    }
    text.extend(joints);
}

/// Rows that are wider than the terminal even so are cut off at its edge: wrapped ones are no table.
fn colored(table: &str) -> String {
    let mut text = String::new();
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
            Some('┏' | '┡' | '├' | '└') => text.extend([KEEP_ON_LINE, line, WRAP]),
            _ => match line.split_once(':') {
                Some((what, number)) => text.extend([BOLD, what, ":", PLAIN, number]),
                None => text.push_str(line),
            },
        }
    }
    text
}

/// Writes the cells of a row, and the bars between them as they are.
fn cells(text: &mut String, line: &str, bar: char, write: impl Fn(&mut String, usize, &str)) {
    text.push_str(KEEP_ON_LINE);
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
    text.push_str(WRAP);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
Model: \"Net\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━┓
┃ Layer (type)                         ┃ Output Shape      ┃ Param # ┃   MACs ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━┩
│ separable_conv2d_1 (SeparableConv2D) │ (None, 26, 26, 8) │     312 │ 19,200 │
├──────────────────────────────────────┼───────────────────┼─────────┼────────┤
│ dense_1 (Dense)                      │ (None, 10)        │     810 │    800 │
└──────────────────────────────────────┴───────────────────┴─────────┴────────┘
 Total params: 1,122 (4.38 KB)";

    #[test]
    fn a_narrow_terminal_folds_names_and_shapes() {
        assert_eq!(
            fit(TABLE, 56),
            "\
Model: \"Net\"
┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━┓
┃ Layer (type)    ┃ Output Shape    ┃ Param # ┃   MACs ┃
┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━┩
│ separable_conv2 │ (None, 26, 26,  │     312 │ 19,200 │
│ d_1             │ 8)              │         │        │
│ (SeparableConv2 │                 │         │        │
│ D)              │                 │         │        │
├─────────────────┼─────────────────┼─────────┼────────┤
│ dense_1 (Dense) │ (None, 10)      │     810 │    800 │
└─────────────────┴─────────────────┴─────────┴────────┘
 Total params: 1,122 (4.38 KB)"
        );
        assert_eq!(fit(TABLE, 200), TABLE);
        assert_eq!(fit("no table", 3), "no table");
    }

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
