//! The source of a model: what a person would have written.

use crate::config::{Model, Writer};

mod compile;
mod list;
mod parity;
mod summary;

pub use compile::compiled;
pub use list::{layers, sequential};
pub use parity::Parity;
pub use summary::summary;

/// What stands around the model in a file of its own.
pub struct Place<'a> {
    /// The type: `Net`.
    pub name: &'a str,
    /// The file that it is from: `model.h5`.
    pub from: &'a str,
    /// The file with its weights, from the folder of the manifest: `src/net.safetensors`.
    pub weights: &'a str,
}

/// A module with the model.
#[must_use]
pub fn module(model: &Model, place: &Place<'_>) -> String {
    let Place {
        name,
        from,
        weights,
    } = place;
    let from = format!("`{from}` ({})", written_by(&model.writer)).replace('\n', " ");
    let mut text = format!("//! `{name}`, made of {from} by `cargo kseq import`.\n//!\n");
    text += &format!(
        "//! Its weights are in `{weights}`. To train on, or to predict on a host:\n//! `net.load_weights(\"{weights}\")?`. \
         In the program:\n//! `static NET: Baked<{name}> = include_weights!({name}, \"{weights}\");`\n"
    );
    let compiled = compiled(model, &format!("{name}::new(42)"));
    let left_out = model.left_out.iter().chain(compiled.as_ref().err());
    let lines: String = left_out
        .map(|line| format!("//! - {}\n", line.replace('\n', " ")))
        .collect();
    if !lines.is_empty() {
        text += &format!("//!\n//! Of the file there is not here:\n{lines}");
    }
    // What stands in a file ends no comment.
    let mut text = text.replace(|c: char| c.is_control() && c != '\n', " ");
    text += "\nuse kseq::prelude::*;\n\n";
    text += &sequential(model, &format!("pub {name}"));
    if let Ok(Some(line)) = compiled {
        text += "\n// As in Keras:\n";
        for line in line.lines() {
            text += format!("// {line}").trim_end();
            text.push('\n');
        }
    }
    text
}

/// `Keras 2.2.4-tf`
#[must_use]
pub fn written_by(writer: &Writer) -> String {
    match &writer.version {
        Some(version) => format!("Keras {version}"),
        None => format!("Keras {}, by its words", writer.major),
    }
}

#[cfg(test)]
mod tests;
