//! The guide's stateful LSTMs: sample i of a batch goes on where sample i of the batch before ended.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example stateful_lstm -- [--epochs 5] [--seed 0]
//! ```

mod common;

use common::{Arguments, generator, random, sequences};
use kseq::prelude::*;

const DATA_DIM: usize = 16;
const TIMESTEPS: usize = 8;
const NUM_CLASSES: usize = 10;
const BATCH_SIZE: usize = 32;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("stateful_lstm.rs"), 5, "")?;
    let rng = &mut generator(args.seed);
    let x_train: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, BATCH_SIZE * 10);
    let y_train: Vec<[f32; NUM_CLASSES]> = random(rng, BATCH_SIZE * 10);
    let x_val: Vec<[[f32; DATA_DIM]; TIMESTEPS]> = sequences(rng, BATCH_SIZE * 3);
    let y_val: Vec<[f32; NUM_CLASSES]> = random(rng, BATCH_SIZE * 3);

    sequential! {
        let mut model = Sequential();
        model.add(LSTM(32, return_sequences = True, stateful = True,
                       batch_input_shape = (BATCH_SIZE, TIMESTEPS, DATA_DIM)));
        model.add(LSTM(32, return_sequences = True, stateful = True));
        model.add(LSTM(32, stateful = True));
        model.add(Dense(NUM_CLASSES, activation = "softmax"));
    }

    let (rmsprop, loss) = (RMSprop::default(), CategoricalCrossentropy::default());
    let mut model = model.seed(args.seed).compile(rmsprop, loss, (Accuracy,));
    model.fit(
        &x_train,
        &y_train,
        Fit::new()
            .batch_size(BATCH_SIZE)
            .epochs(args.epochs)
            .shuffle(false)
            .validation_data(&x_val, &y_val),
    )?;
    model.reset_states();
    common::result(model.evaluate(&x_val, &y_val)?);
    Ok(())
}
