//! How much of a slow generator the training hides, with 0 to 3 workers.
//!
//! ```sh
//! cargo bench --bench generator
//! ```
//! The generator waits, as a disk does, for as long as a step takes (measured first, in the same
//! process): without workers a batch takes two steps' time, with one worker or more about one.

use std::time::{Duration, Instant};

use kseq::prelude::*;

sequential! {
    Mlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dense(512, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

const BATCH: usize = 128;
const STEPS: usize = 60;

/// Batches that are there after a while.
struct Slow(Duration);

impl Sequence for Slow {
    type Item = (Vec<[f32; 784]>, Vec<u32>);

    fn len(&self) -> usize {
        STEPS
    }

    fn get(&self, index: usize) -> Self::Item {
        std::thread::sleep(self.0);
        let x = vec![[index as f32 / STEPS as f32; 784]; BATCH];
        (x, (0..BATCH as u32).map(|i| i % 10).collect())
    }
}

/// The time of a step with a generator that waits.
fn step(wait: Duration, workers: usize) -> Duration {
    let model = Mlp::new(1).threads(1).expect("one thread");
    let loss = SparseCategoricalCrossentropy::default();
    let mut model = model.compile(SGD::default(), loss, ());
    let mut once = || {
        let batches = Generator::new(Slow(wait)).workers(workers);
        let start = Instant::now();
        let history = model.fit_generator(batches, Fit::new().verbose(0));
        history.expect("good batches");
        start.elapsed() / STEPS as u32
    };
    // The best of some: the machine is shared.
    (0..5).map(|_| once()).min().unwrap_or_default()
}

fn main() {
    let alone = step(Duration::ZERO, 0);
    println!("a step alone: {alone:?}");
    for slower in [1, 2] {
        let wait = alone * slower;
        println!("a batch takes {slower} x that, {wait:?}:");
        for workers in 0..=3 {
            let with = step(wait, workers);
            let ratio = with.as_secs_f64() / alone.as_secs_f64();
            println!("  {workers} workers: {with:?} a step, {ratio:.2} x");
        }
    }
}
