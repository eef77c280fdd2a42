//! The guide's multilayer perceptron for two classes, on random data: it learns nothing but by heart.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example mlp_binary -- [--epochs 20] [--seed 0]
//! ```

mod common;

use common::{Arguments, generator, randint, random};
use kseq::prelude::*;

/// `np.random.randint(2, size = (n, 1))`
fn labels(classes: &[u32]) -> Vec<[f32; 1]> {
    classes.iter().map(|&class| [class as f32]).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("mlp_binary.rs"), 20, "")?;
    let rng = &mut generator(args.seed);
    let x_train: Vec<[f32; 20]> = random(rng, 1000);
    let y_train = labels(&randint(rng, 2, 1000));
    let x_test: Vec<[f32; 20]> = random(rng, 100);
    let y_test = labels(&randint(rng, 2, 100));

    sequential! {
        let mut model = Sequential();
        model.add(Dense(64, input_dim = 20, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(64, activation = "relu"));
        model.add(Dropout(0.5));
        model.add(Dense(1, activation = "sigmoid"));
    }

    let mut model = model.seed(args.seed).compile(
        RMSprop::default(),
        BinaryCrossentropy::default(),
        (Accuracy,),
    );
    model.fit(
        &x_train,
        &y_train,
        Fit::new().epochs(args.epochs).batch_size(128),
    )?;
    common::result(model.evaluate(&x_test, &y_test)?);
    Ok(())
}
