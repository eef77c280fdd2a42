//! What the examples share: their arguments, random data, the last line.
#![allow(dead_code)]

pub mod help;
pub mod reviews;

use kseq::prelude::Scores;
use kseq::rng::{Purpose, Rng};

/// The sentences of `data/`.
pub const SENTENCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sentences/sentences.tsv");

/// `--epochs N --seed S --data PATH --samples N`
pub struct Arguments {
    pub epochs: usize,
    pub seed: u64,
    pub data: String,
    samples: usize,
}

impl Arguments {
    /// The arguments of the command line, with these defaults; `source` is the example's own, for `--help`.
    pub fn parse(source: &str, epochs: usize, data: &str) -> Result<Self, String> {
        let folder = match data.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/")) {
            Some(folder) => format!(", else {folder}"),
            None => String::new(),
        };
        let arguments = format!(
            "--epochs N   how often each sample is seen, else {epochs}\n\
             --seed S     of weights, order and random data, else 0\n\
             --samples N  to train on, else all\n\
             --data PATH  other data of the same kind{folder}"
        );
        help::if_asked(source, &arguments);
        let mut parsed = Arguments {
            epochs,
            seed: 0,
            data: data.to_string(),
            samples: usize::MAX,
        };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next().ok_or(format!("{name}: expected a value"))?;
            let number = |what| format!("{name}: expected {what}, found `{value}`");
            match name.as_str() {
                "--epochs" => parsed.epochs = value.parse().map_err(|_| number("a number"))?,
                "--seed" => parsed.seed = value.parse().map_err(|_| number("a number"))?,
                "--samples" => parsed.samples = value.parse().map_err(|_| number("a number"))?,
                "--data" => parsed.data = value,
                _ => {
                    let known = "--epochs, --seed, --samples, --data or --help";
                    return Err(format!("{name}: expected {known}"));
                }
            }
        }
        Ok(parsed)
    }

    /// How many of `all` samples to train on: `--samples` of them, for a quick look.
    pub fn samples(&self, all: usize) -> usize {
        self.samples.clamp(1, all.max(1))
    }
}

/// For an example that takes no arguments but `--help`.
pub fn no_arguments(source: &str) {
    help::if_asked(source, "It takes no arguments.");
    if let Some(argument) = std::env::args().nth(1) {
        eprintln!("{argument}: expected no argument, or --help");
        std::process::exit(2);
    }
}

/// `n` samples of uniform values in [0, 1), as `np.random.random((n, N))`.
pub fn random<const N: usize>(rng: &mut Rng, n: usize) -> Vec<[f32; N]> {
    (0..n)
        .map(|_| std::array::from_fn(|_| rng.uniform()))
        .collect()
}

/// `n` sequences of such values, as `np.random.random((n, T, N))`.
pub fn sequences<const T: usize, const N: usize>(rng: &mut Rng, n: usize) -> Vec<[[f32; N]; T]> {
    random::<N>(rng, n * T).as_chunks().0.to_vec()
}

/// `n` classes in `0..classes`, as `np.random.randint(classes, size = (n,))`.
pub fn randint(rng: &mut Rng, classes: u32, n: usize) -> Vec<u32> {
    (0..n).map(|_| rng.below(classes)).collect()
}

/// What separates words: everything but `[a-z0-9']`.
pub fn not_in_a_word(c: char) -> bool {
    !matches!(c, 'a'..='z' | '0'..='9' | '\'')
}

/// The generator of an example's random data.
pub fn generator(seed: u64) -> Rng {
    Rng::new(seed, Purpose::User, 0, 0)
}

/// The last line of every example.
pub fn result(scores: Scores<(f32,)>) {
    let (accuracy,) = scores.metrics;
    println!("test_loss={:.4} test_accuracy={accuracy:.4}", scores.loss);
}
