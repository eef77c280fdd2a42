//! Trains the models of the firmware examples, and writes what the firmware includes: the weights (`embedded/weights/`), and
//! samples with the outputs that the host computes for them (`embedded/models/src/recorded/`).
//!
//! ```sh
//! cargo run --release -p embedded-train              # trains all; or only those that are named: `... -- gesture`
//! cargo run --release -p embedded-train -- --quantize # trains nothing, but quantises the weights anew
//! cargo run --release -p embedded-train -- --check   # trains nothing: the outputs of the weights are those that are recorded
//! ```

mod digits;
mod gesture;
mod keyword;
mod recorded;
mod small_digits;
mod speech;
mod vibration;

use std::error::Error;
use std::path::PathBuf;

use kseq::int8::Quantizable;
use kseq::params::{Flat, zeroed};
use kseq::prelude::*;
use kseq::rng::{Purpose, Rng};
use kseq::tensor::Tensor;

/// How a model of the firmware comes to its weights and what is recorded of it.
pub struct Task {
    /// The name on the command line.
    name: &'static str,
    /// Trains, and saves the weights.
    train: fn() -> Result<(), Box<dyn Error>>,
    /// From the saved weights those in integers, of models that have them.
    quantize: fn() -> Result<(), Box<dyn Error>>,
    /// From the saved weights what the firmware is tested with.
    record: fn(&mut recorded::Recorded) -> Result<(), Box<dyn Error>>,
}

const TASKS: &[Task] = &[
    digits::TASK,
    keyword::TASK,
    speech::TASK,
    gesture::TASK,
    vibration::TASK,
    small_digits::TASK,
];

/// A file of `embedded/weights/`.
pub fn weights(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../weights");
    PathBuf::from(folder).join(format!("{name}.safetensors"))
}

/// The weights in integers.
pub fn integers(name: &str) -> PathBuf {
    weights(&format!("{name}.q8"))
}

/// The twin of a model, with what it costs on the terminal.
pub fn quantize<M>(
    name: &str,
    mut model: Sequential<M>,
    x: &[M::Input],
    classes: &[u32],
    [least, most]: [f32; 2],
) -> Result<(), Box<dyn Error>>
where
    M: Quantizable<Input: Tensor<Elem = f32>>,
{
    model.load_weights(weights(name))?;
    let calibration = Calibration::new(x)
        .classes(classes)
        .input_range(least, most);
    let twin = model.quantize(&calibration)?;
    println!("{}", twin.report());
    if let Some([float, int8]) = twin.report().accuracy {
        assert!(int8 > float - 0.01, "{name}: the integers cost too much");
    }
    Ok(twin.save(integers(name))?)
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
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let (check, quantize) = (has("--check"), has("--quantize"));
    for task in TASKS {
        let named = arguments.is_empty() || has(task.name);
        if !check && (named || quantize) {
            println!("== {}", task.name);
            if named {
                (task.train)()?;
            }
            (task.quantize)()?;
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
