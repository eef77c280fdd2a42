//! Trains the models of the firmware examples, and writes what the firmware includes: the weights (`embedded/weights/`), and
//! samples with the outputs that the host computes for them (`embedded/models/src/recorded/`).
//!
//! ```sh
//! cargo run --release -p embedded-train              # trains all; or only those that are named: `... -- gesture`
//! cargo run --release -p embedded-train -- --check   # trains nothing: the outputs of the weights are those that are recorded
//! ```

mod digits;
mod gesture;
mod keyword;
mod recorded;
mod small_digits;
mod vibration;

use std::error::Error;
use std::path::PathBuf;

use kseq::params::{Flat, zeroed};
use kseq::rng::{Purpose, Rng};

/// How a model of the firmware comes to its weights and what is recorded of it.
pub struct Task {
    /// The name on the command line.
    name: &'static str,
    /// Trains, and saves the weights.
    train: fn() -> Result<(), Box<dyn Error>>,
    /// From the saved weights what the firmware is tested with.
    record: fn(&mut recorded::Recorded) -> Result<(), Box<dyn Error>>,
}

const TASKS: &[Task] = &[
    digits::TASK,
    keyword::TASK,
    gesture::TASK,
    vibration::TASK,
    small_digits::TASK,
];

/// A file of `embedded/weights/`.
pub fn weights(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../weights");
    PathBuf::from(folder).join(format!("{name}.safetensors"))
}

/// The digits of this repository.
pub const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/mnist");

/// A sample that a function of `models::sensors` fills.
pub fn filled<X: Flat>(fill: impl FnOnce(&mut X)) -> X {
    let mut x = zeroed();
    fill(&mut x);
    x
}

/// Random numbers for the sensors that are made up.
pub fn generator(seed: u64) -> Rng {
    Rng::new(seed, Purpose::User, 0, 0)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    for task in TASKS {
        if !check && (arguments.is_empty() || arguments.iter().any(|name| name == task.name)) {
            println!("== {}", task.name);
            (task.train)()?;
        }
    }
    for task in TASKS {
        let mut recorded = recorded::Recorded::of(task.name);
        (task.record)(&mut recorded)?;
        if check {
            recorded.check()?;
        } else {
            recorded.write()?;
        }
    }
    Ok(())
}
