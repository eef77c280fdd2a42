//! The guide's VGG-like convolutional network: on its random images, from which there is nothing to be
//! learnt, or on a folder of real ones, with a subfolder for each of up to ten classes.
//!
//! ```sh
//! cargo run --release -p kseq-pictures --example vgg_like -- [--epochs 10] [--seed 0] [--samples 100] [--data FOLDER]
//! ```

#[path = "../common/mod.rs"]
mod common;
mod images;

use common::{Arguments, generator, randint, random};
use images::Image;
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("vgg_like.rs"), 10, "")?;
    let mut rng = generator(args.seed);
    let (values, classes) = match args.data.as_str() {
        "" => {
            let n = args.samples(100) + 20;
            let rows: Vec<[f32; 3]> = random(&mut rng, n * 100 * 100);
            (rows.into_flattened(), randint(&mut rng, 10, n))
        }
        folder => images::load(folder)?,
    };
    // A folder is sorted by class: in a random order, the last sixth is for the test.
    let images: &[Image] = Tensor::view(&values);
    let mut order: Vec<usize> = (0..images.len()).collect();
    rng.shuffle(&mut order);
    let mut x = images.to_vec();
    for (to, &from) in order.iter().enumerate() {
        x[to..=to].copy_from_slice(&images[from..=from]);
    }
    let classes: Vec<u32> = order.iter().map(|&i| classes[i]).collect();
    let y = to_categorical(&classes)?;
    let train = x.len() - x.len().div_ceil(6);
    let ((x_train, x_test), (y_train, y_test)) = (x.split_at(train), y.split_at(train));

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
