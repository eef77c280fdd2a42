//! The tables of the pages of `docs/words/`: what the strings mean that a layer's arguments take.

use std::fmt::Write;

use kseq_catalogue::{ACTIVATIONS, ObjectFamily};

use super::arguments::call;
use super::text::{camel, code};

/// The activations: strings and types.
pub fn activations() -> String {
    let mut text = String::from("| string | type | note |\n| --- | --- | --- |\n");
    for row in ACTIVATIONS {
        let strings: Vec<String> = row.names.iter().map(|name| format!("{name:?}")).collect();
        let strings = code(strings.iter().map(String::as_str));
        let ty = format!("[`{0}`](crate::activations::{0})", row.ty);
        let _ = writeln!(text, "| {strings} | {ty} | {} |", row.note);
    }
    text
}

/// Initializers, regularizers, or constraints: strings, calls with all defaults, and what they do.
pub fn objects(family: &ObjectFamily) -> String {
    let mut text =
        String::from("| string | with arguments | what it does |\n| --- | --- | --- |\n");
    for row in family.rows {
        let names = [row.name].into_iter().chain(row.aliases.iter().copied());
        let strings: Vec<String> = names.map(|name| format!("{name:?}")).collect();
        let strings = code(strings.iter().map(String::as_str));
        let call = call(&camel(row.name), row.params);
        let about = row.about().unwrap_or_default();
        let note = match row.note {
            "" => String::new(),
            note => format!("; {note}"),
        };
        let _ = writeln!(text, "| {strings} | `{call}` | {about}{note} |");
    }
    text
}
