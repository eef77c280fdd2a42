//! What is wrong with the arguments of metrics.

use crate::text::Note;

/// What is wrong with a share, if anything.
pub(super) fn in_0_to_1(name: &'static str, value: f32) -> Option<Note> {
    if (0.0..=1.0).contains(&value) {
        return None;
    }
    let note = Note::new().str(name).str(" must be from 0 to 1, found ");
    Some(note.float(value))
}

/// What is wrong with a number of things, if anything.
pub(super) fn at_least_1(name: &'static str, value: usize) -> Option<Note> {
    let note = Note::new().str(name).str(" must be at least 1, found 0");
    (value == 0).then_some(note)
}

/// What is wrong with a word of Keras's, if anything.
pub(super) fn unknown_word(name: &'static str, words: &'static str, found: &str) -> Note {
    let note = Note::new().str(name).str(" must be ").str(words);
    note.str(", found ").quoted(found)
}
