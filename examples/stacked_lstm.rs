//! The guide's three LSTMs, one on top of the other, on random sequences.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example stacked_lstm -- [--epochs 5] [--seed 0]
//! ```

mod common;

use common::{Arguments, generator, random, sequences};
use kseq::prelude::*;

const DATA_DIM: usize = 16;
const TIMESTEPS: usize = 8;
const NUM_CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("stacked_lstm.rs"), 5, "")?;
    let rng = &mut generator(args.seed);
    let x_train: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, 1000);
    let y_train: Vec<[f32; NUM_CLASSES]> = random(rng, 1000);
    let x_val: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, 100);
    let y_val: Vec<[f32; NUM_CLASSES]> = random(rng, 100);

    sequential! {
        let mut model = Sequential();
        model.add(LSTM(32, return_sequences = True, input_shape = (TIMESTEPS, DATA_DIM)));
        model.add(LSTM(32, return_sequences = True));
        model.add(LSTM(32));
        model.add(Dense(NUM_CLASSES, activation = "softmax"));
    }

    let (rmsprop, loss) = (RMSprop::default(), CategoricalCrossentropy::default());
    let mut model = model.seed(args.seed).compile(rmsprop, loss, (Accuracy,));
    model.fit(
        &x_train,
        &y_train,
        Fit::new()
            .batch_size(64)
            .epochs(args.epochs)
            .validation_data(&x_val, &y_val),
    )?;
    common::result(model.evaluate(&x_val, &y_val)?);
    Ok(())
}
