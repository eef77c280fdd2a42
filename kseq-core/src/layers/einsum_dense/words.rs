//! The words of an equation: the letters of the three arrays.

use crate::shape::{MAX_RANK, Refusal};
use crate::text::Text;

/// The axes of one of the three arrays, by their letters; those that `...` stands for are digits.
#[derive(Clone, Copy)]
pub(super) struct Axes {
    pub(super) letters: [u8; 8],
    pub(super) len: usize,
}

impl Axes {
    pub(super) const NONE: Self = Axes {
        letters: [0; 8],
        len: 0,
    };

    pub(super) const fn with(mut self, letter: u8) -> Self {
        if self.len < self.letters.len() {
            self.letters[self.len] = letter;
        }
        self.len += 1;
        self
    }

    /// Where a letter stands.
    pub(super) const fn at(&self, letter: u8) -> Option<usize> {
        let mut i = 0;
        while i < self.len && i < self.letters.len() {
            if self.letters[i] == letter {
                return Some(i);
            }
            i += 1;
        }
        None
    }

    pub(super) const fn has(&self, letter: u8) -> bool {
        self.at(letter).is_some()
    }

    /// Whether a letter stands there twice.
    pub(super) const fn repeats(&self) -> bool {
        let mut i = 0;
        while i < self.len && i < self.letters.len() {
            if !matches!(self.at(self.letters[i]), Some(at) if at == i) {
                return true;
            }
            i += 1;
        }
        false
    }
}

pub(super) const EQUATION: &str =
    "write [X],[Y]->[Z], ...[X],[Y]->...[Z] or [X]...,[Y]->[Z]... with letters: \"abc,cd->abd\"";

pub(super) const fn refuse<T>(what: Text, help: &str) -> Result<T, Refusal>
where
    T: Copy,
{
    Err(Refusal::new(what, help))
}

/// A letter in a message.
pub(super) const fn named(text: Text, letter: u8) -> Text {
    let letter = [letter];
    match core::str::from_utf8(&letter) {
        Ok(letter) => text.str("`").str(letter).str("`"),
        Err(_) => text,
    }
}

/// The three parts of an equation as they are written, and whether `...` stands in front or behind.
pub(super) struct Written {
    pub(super) parts: [Axes; 3],
    pub(super) before: bool,
    pub(super) behind: bool,
}

pub(super) const fn written(equation: &str) -> Option<Written> {
    let text = equation.as_bytes();
    let mut parts = [Axes::NONE; 3];
    // Of input and output: whether dots stand in front of the letters, or behind them.
    let (mut before, mut behind) = ([false; 3], [false; 3]);
    let (mut part, mut i) = (0, 0);
    while i < text.len() {
        let next = if i + 1 < text.len() { text[i + 1] } else { 0 };
        match text[i] {
            b',' if part == 0 => part = 1,
            b'-' if part == 1 && next == b'>' => {
                part = 2;
                i += 1;
            }
            b'.' if next == b'.' && i + 2 < text.len() && text[i + 2] == b'.' => {
                if before[part] || behind[part] {
                    return None;
                }
                if parts[part].len == 0 {
                    before[part] = true;
                } else {
                    behind[part] = true;
                }
                i += 2;
            }
            letter if letter.is_ascii_alphabetic() && !behind[part] => {
                parts[part] = parts[part].with(letter);
            }
            _ => return None,
        }
        i += 1;
    }
    let same = before[0] == before[2] && behind[0] == behind[2] && !before[1] && !behind[1];
    let all = part == 2 && parts[0].len > 0 && parts[1].len > 0 && parts[2].len > 0;
    let few = parts[0].len < 8 && parts[1].len <= MAX_RANK && parts[2].len < 8;
    if same && all && few {
        Some(Written {
            parts,
            before: before[0],
            behind: behind[0],
        })
    } else {
        None
    }
}
