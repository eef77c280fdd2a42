//! What the firmware is tested with, as files of Rust: one for each task.

use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/src/recorded");

const HEAD: &str = "//! Samples, and the outputs that the host has computed for them. Written by `cargo run --release -p embedded-train`.\n";

/// The statics of a file.
pub struct Recorded {
    path: PathBuf,
    text: String,
}

impl Recorded {
    /// Those of a task.
    pub fn of(task: &str) -> Self {
        Recorded {
            path: PathBuf::from(FOLDER).join(format!("{task}.rs")),
            text: HEAD.to_owned(),
        }
    }

    /// A static: its documentation, its name, its type, and its value in the debug form, which for numbers and arrays is Rust's.
    pub fn push(&mut self, about: &str, name: &str, of: &str, value: &impl Debug) {
        let value = format!("{value:?}").replace("], [", "],\n    [");
        self.text += &format!("\n/// {about}\npub static {name}: {of} = {value};\n");
    }

    pub fn write(&self) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(&self.path, &self.text)?)
    }

    /// Whether the file says the same, but for the rounding of another processor.
    pub fn check(&self) -> Result<(), Box<dyn Error>> {
        let file = fs::read_to_string(&self.path)?;
        let numbers = |text: &str| -> Vec<f32> {
            let words = text.split(|c: char| !matches!(c, '0'..='9' | '.' | '-' | 'e'));
            words.filter_map(|word| word.parse().ok()).collect()
        };
        let (found, expected) = (numbers(&self.text), numbers(&file));
        if !models::agree(&found, &expected) {
            let why = "embedded/weights and embedded/models/src/recorded do not fit each other: run \
                       `cargo run --release -p embedded-train`, and commit both";
            return Err(why.into());
        }
        println!(
            "{}: {} recorded numbers are those of the weights",
            self.path.file_name().unwrap_or_default().display(),
            found.len()
        );
        Ok(())
    }
}
