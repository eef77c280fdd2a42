//! Hyperparameters by random search, as many trainings at a time as there are processors: learning rate, batch size, width.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! def score(width, rate, batch_size):
//!     model = Sequential([
//!         Dense(width, activation="relu", input_shape=(784,)),
//!         Dense(10, activation="softmax"),
//!     ])
//!     model.compile(optimizer=Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
//!     model.fit(x_train, y_train, batch_size=batch_size, epochs=6, verbose=0)
//!     return model.evaluate(x_val, y_val, verbose=0)[1]
//!
//! candidates = [(choice([32, 128]), 10 ** uniform(-4.5, -0.5), choice([16, 64, 256])) for _ in range(16)]
//! scores = joblib.Parallel()(delayed(score)(*c) for c in candidates)      # each a process with its own TensorFlow
//! ```
//!
//! Each training works on one thread, and each has a seed of its own: the scores are the same bits, whatever the number
//! of threads and in whatever order they end.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example search
//! ```

mod common;

use kseq::datasets::mnist;
use kseq::prelude::*;
use rayon::prelude::*;

// What the compiler has to know, the width, is a model each; a number of the training is an argument.
sequential! {
    pub Narrow = [
        Dense(32, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    pub Wide = [
        Dense(128, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax"),
    ]
}

/// What is tried.
#[derive(Clone, Copy)]
struct Candidate {
    wide: bool,
    rate: f32,
    batch_size: usize,
}

/// Images and their digits.
struct Part {
    x: Vec<[f32; 784]>,
    y: Vec<u32>,
}

impl Part {
    fn of(images: &[mnist::Image], labels: &[u8]) -> Result<Self, Error> {
        let y = labels.iter().map(|&label| label.into()).collect();
        let x = mnist::scaled(images)?;
        Ok(Part { x, y })
    }
}

/// The accuracy on `test` after a training with `train`.
fn score(candidate: Candidate, train: &Part, test: &Part) -> Result<f32, Error> {
    macro_rules! score {
        ($net:ty) => {{
            let mut model = compile!(
                <$net>::new(1).threads(1)?,
                optimizer = Adam(candidate.rate),
                loss = "sparse_categorical_crossentropy",
                metrics = ["accuracy"],
            );
            let fit = Fit::new().batch_size(candidate.batch_size).epochs(6);
            model.fit(&train.x, &train.y, fit.verbose(0))?;
            model.evaluate(&test.x, &test.y)?.metrics.0
        }};
    }
    Ok(match candidate.wide {
        true => score!(Wide),
        false => score!(Narrow),
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("search.rs"));
    let digits = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let (x, y) = (&digits.x_train, &digits.y_train);
    // The test digits are looked at once, at the end: a search that sees them chooses what suits them by chance.
    let (train, val) = (
        Part::of(&x[..2000], &y[..2000])?,
        Part::of(&x[2000..3000], &y[2000..3000])?,
    );
    let test = Part::of(&digits.x_test, &digits.y_test)?;

    let rng = &mut common::generator(0);
    let candidates: Vec<Candidate> = (0..16)
        .map(|_| Candidate {
            wide: rng.below(2) == 1,
            rate: 10f32.powf(-4.5 + 4.0 * rng.uniform()),
            batch_size: [16, 64, 256][rng.below(3) as usize],
        })
        .collect();
    let scored = candidates
        .par_iter()
        .map(|&candidate| Ok((score(candidate, &train, &val)?, candidate)));
    let mut scored: Vec<(f32, Candidate)> = scored.collect::<Result<_, Error>>()?;

    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("accuracy   width   learning rate   batch size");
    for (accuracy, c) in &scored {
        let width = if c.wide { 128 } else { 32 };
        println!(
            "{accuracy:>8.4} {width:>7} {:>15.5} {:>12}",
            c.rate, c.batch_size
        );
    }
    let ((best, candidate), (worst, _)) = (scored[0], scored[scored.len() - 1]);
    let found = score(candidate, &train, &test)?;
    println!("the best one is right for {found:.4} of the test digits");
    assert!(best > worst + 0.1 && found > 0.85, "nothing was found");
    Ok(())
}
