//! What the examples share: their arguments, random data, the last line.
#![allow(dead_code)]

pub mod help;
pub mod reviews;

use kseq::prelude::Scores;
use kseq::rng::{Purpose, Rng};

/// The sentences of `data/`.
pub const SENTENCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sentences/sentences.tsv");

/// `--epochs N --seed S --samples N --data PATH`, of which an example takes those that its own head names.
pub struct Arguments {
    pub epochs: usize,
    pub seed: u64,
    pub data: String,
    samples: usize,
}

impl Arguments {
    /// The arguments of the command line, with these defaults; `source` is the example's own, whose head says `[--epochs 20]`.
    pub fn parse(source: &str, epochs: usize, data: &str) -> Result<Self, String> {
        let folder = match data.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/")) {
            Some(folder) => format!(", else {folder}"),
            None => String::new(),
        };
        let mut known = vec![
            format!("--epochs N   how often each sample is seen, else {epochs}"),
            "--seed S     of weights, order and random data, else 0".to_string(),
            "--samples N  to train on, else all".to_string(),
            format!("--data PATH  other data of the same kind{folder}"),
        ];
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_string();
        known.retain(|line| source.contains(&format!("[{} ", name(line))));
        help::if_asked(source, &known.join("\n"));
        let known: Vec<String> = known.iter().map(|line| name(line)).collect();
        let mut parsed = Arguments {
            epochs,
            seed: 0,
            data: data.to_string(),
            samples: usize::MAX,
        };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            if !known.contains(&name) {
                let known = known.join(", ");
                return Err(format!("{name}: expected {known} or --help"));
            }
            let value = args.next().ok_or(format!("{name}: expected a value"))?;
            if name == "--data" {
                parsed.data = value;
                continue;
            }
            let number: u64 = value
                .parse()
                .map_err(|_| format!("{name}: expected a number, found `{value}`"))?;
            match name.as_str() {
                "--epochs" => parsed.epochs = number as usize,
                "--seed" => parsed.seed = number,
                _ => parsed.samples = number as usize,
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
