//! What is wrong with the arguments of losses.

use crate::text::Note;

/// What is wrong with an argument that must be finite and not negative, if anything.
pub(super) fn at_least_0(name: &'static str, value: f32) -> Option<Note> {
    if value >= 0.0 && value.is_finite() {
        return None;
    }
    let note = Note::new().str(name).str(" must be at least 0, found ");
    Some(note.float(value))
}

/// What is wrong with a `label_smoothing`, if anything.
pub(super) fn smoothing(s: f32) -> Option<Note> {
    if (0.0..=1.0).contains(&s) {
        return None;
    }
    let note = Note::new().str("label_smoothing must be from 0 to 1, found ");
    Some(note.float(s))
}
