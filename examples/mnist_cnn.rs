//! A convolutional network on real handwritten digits.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example mnist_cnn -- [--epochs 12] [--seed 0] [--data data/mnist] [--samples N]
//! ```

mod common;

use common::Arguments;
use kseq::datasets::mnist;
use kseq::prelude::*;

sequential! {
    /// (28, 28, 1) -> 10
    pub MnistCnn = [
        Conv2D(32, kernel_size = (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),
        Flatten(),
        Dense(128, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(
        include_str!("mnist_cnn.rs"),
        12,
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
    let n = args.samples(x_train.len());

    let mut model = MnistCnn::new(args.seed).compile(
        Adadelta::new(1.0),
        CategoricalCrossentropy::default(),
        (Accuracy,),
    );
    model.summary();
    model.fit(
        &x_train[..n],
        &y_train[..n],
        Fit::new()
            .batch_size(128)
            .epochs(args.epochs)
            .validation_data(&x_test, &y_test),
    )?;
    common::result(model.evaluate(&x_test, &y_test)?);
    Ok(())
}
