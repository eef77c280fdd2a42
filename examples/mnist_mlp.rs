//! The main job: a digit classifier on real handwritten digits.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example mnist_mlp -- [--epochs 20] [--seed 0] [--data data/mnist]
//! ```

mod common;

use common::Arguments;
use kseq::datasets::mnist;
use kseq::prelude::*;

sequential! {
    /// 784 -> 512 -> 512 -> 10
    pub MnistMlp = [
        Dense(512, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(512, activation = "relu"),
        Dropout(0.2),
        Dense(10, activation = "softmax"),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(
        include_str!("mnist_mlp.rs"),
        20,
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"),
    )?;
    let digits = mnist::load_data(&args.data)?;
    let (x_train, x_test) = (
        mnist::scaled(&digits.x_train)?,
        mnist::scaled(&digits.x_test)?,
    );
    let (y_train, y_test) = (
        to_categorical(&digits.y_train)?,
        to_categorical(&digits.y_test)?,
    );

    let mut model = MnistMlp::new(args.seed).compile(
        RMSprop::default(),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    model.summary();
    model.fit(
        &x_train,
        &y_train,
        Fit::new()
            .batch_size(128)
            .epochs(args.epochs)
            .validation_data(&x_test, &y_test),
    )?;
    common::result(model.evaluate(&x_test, &y_test)?);
    Ok(())
}
