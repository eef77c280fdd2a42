//! Arguments as the pages show them.

use std::fmt::Write;

use kseq_catalogue::{Kind, Param};

use super::text::code;

/// The arguments as a call would give them.
pub fn call(class: &str, params: &[Param]) -> String {
    format!("{class}({})", given(params).join(", "))
}

/// The same with lines of at most 78 characters.
pub fn signature(class: &str, params: &[Param]) -> String {
    let line = call(class, params);
    if line.len() <= 78 {
        return line;
    }
    let mut text = format!("{class}(");
    let mut column = usize::MAX;
    for argument in given(params) {
        if column.saturating_add(argument.len() + 2) > 78 {
            text += "\n   ";
            column = 3;
        }
        let _ = write!(text, " {argument},");
        column += argument.len() + 2;
    }
    text + "\n)"
}

/// Each argument with its default.
fn given(params: &[Param]) -> Vec<String> {
    let given = params.iter().filter(|param| param.kind != Kind::Later);
    let given = given.map(|param| match param.default {
        Some(value) => format!("{} = {}", param.name, spelled(value)),
        None => param.name.to_owned(),
    });
    given.collect()
}

/// A default in Rust's spelling.
pub fn spelled(value: &str) -> &str {
    match value {
        "True" => "true",
        "False" => "false",
        value => value,
    }
}

/// What an argument takes, Markdown.
pub fn takes(param: &Param) -> String {
    match param.kind {
        Kind::Word(words) => {
            let words: Vec<String> = words.known.iter().map(|word| format!("{word:?}")).collect();
            code(words.iter().map(String::as_str))
        }
        Kind::Activation => "[an activation](crate::activations)".to_owned(),
        Kind::Initializer => "[an initializer](crate::initializers)".to_owned(),
        Kind::Regularizer => "[a regularizer](crate::regularizers), or `None`".to_owned(),
        Kind::Constraint => "[a constraint](crate::constraints), or `None`".to_owned(),
        Kind::In(range) => format!("{}, {}", param.kind.describe(), range.words()),
        kind => kind.describe().to_owned(),
    }
}
