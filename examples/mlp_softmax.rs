//! The guide's multilayer perceptron for ten classes, on random data: it learns nothing but by heart.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example mlp_softmax -- [--epochs 20] [--seed 0]
//! ```

mod common;

use common::{Arguments, generator, randint, random};
use kseq::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("mlp_softmax.rs"), 20, "")?;
    let rng = &mut generator(args.seed);
    let x_train: Vec<[f32; 20]> = random(rng, 1000);
    let y_train: Vec<[f32; 10]> = to_categorical(&randint(rng, 10, 1000))?;
    let x_test: Vec<[f32; 20]> = random(rng, 100);
    let y_test: Vec<[f32; 10]> = to_categorical(&randint(rng, 10, 100))?;

    sequential! {
        let mut model = Sequential();
        model.add(Dense(64, activation = "relu", input_dim = 20));
        model.add(Dropout(0.5));
        model.add(Dense(64, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(10, activation = "softmax"));
    }

    let sgd = SGD::new(0.01).decay(1e-6).momentum(0.9).nesterov(true);
    let mut model =
        model
            .seed(args.seed)
            .compile(sgd, CategoricalCrossentropy::default(), (Accuracy,));
    model.fit(
        &x_train,
        &y_train,
        Fit::new().epochs(args.epochs).batch_size(128),
    )?;
    common::result(model.evaluate(&x_test, &y_test)?);
    Ok(())
}
