//! The guide's VGG-like convolutional network, on its random images: there is nothing to be learnt.
//!
//! ```sh
//! cargo run --release --example vgg_like -- [--epochs 10] [--seed 0] [--samples 100]
//! ```

mod common;

use common::{Arguments, generator, randint, random};
use kseq::prelude::*;
use kseq::tensor::Tensor;

sequential! {
    /// (100, 100, 3) -> 10
    pub VggLike = [
        Conv2D(32, (3, 3), activation = "relu", input_shape = (100, 100, 3)),
        Conv2D(32, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),

        Conv2D(64, (3, 3), activation = "relu"),
        Conv2D(64, (3, 3), activation = "relu"),
        MaxPooling2D(pool_size = (2, 2)),
        Dropout(0.25),

        Flatten(),
        Dense(256, activation = "relu"),
        Dropout(0.5),
        Dense(10, activation = "softmax"),
    ]
}

type Image = [[[f32; 3]; 100]; 100];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(10, "")?;
    let mut rng = generator(args.seed);
    let train = args.samples(100);
    let rows: Vec<[f32; 3]> = random(&mut rng, (train + 20) * 100 * 100);
    let images: &[Image] = Tensor::view(rows.as_flattened());
    let labels = to_categorical(&randint(&mut rng, 10, train + 20))?;
    let ((x_train, x_test), (y_train, y_test)) = (images.split_at(train), labels.split_at(train));

    let sgd = SGD::new(0.01).decay(1e-6).momentum(0.9).nesterov(true);
    let mut model =
        VggLike::new(args.seed).compile(sgd, CategoricalCrossentropy::default(), (Accuracy,));
    model.summary();
    model.fit(
        x_train,
        y_train,
        Fit::new().batch_size(32).epochs(args.epochs),
    )?;
    common::result(model.evaluate(x_test, y_test)?);
    Ok(())
}
