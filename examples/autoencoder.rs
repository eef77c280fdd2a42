//! Digits of 784 pixels in 32 numbers, and back: an autoencoder.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! autoencoder = Sequential([
//!     Dense(32, activation="relu", input_shape=(784,), name="encoder"),
//!     Dense(784, activation="sigmoid", name="decoder"),
//! ])
//! autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
//! autoencoder.fit(x_train, x_train, epochs=15, batch_size=128, validation_data=(x_test, x_test))
//!
//! encoder = Sequential([Dense(32, activation="relu", input_shape=(784,), name="encoder")])
//! encoder.set_weights(autoencoder.get_layer("encoder").get_weights())
//! codes, decoded = encoder.predict(x_test), autoencoder.predict(x_test)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example autoencoder
//! ```

mod common;

use kseq::datasets::mnist;
use kseq::prelude::*;

sequential! {
    pub Autoencoder = [
        Dense(32, activation = "relu", input_shape = (784,), name = "encoder"),
        Dense(784, activation = "sigmoid", name = "decoder"),
    ]
}

sequential! {
    pub Encoder = [Dense(32, activation = "relu", input_shape = (784,), name = "encoder")]
}

/// A digit in letters, every other row, since letters are twice as high as wide.
fn show(digit: &[f32; 784]) {
    for row in digit.chunks_exact(28).step_by(2) {
        let letter = |v: &f32| char::from(b" .:+#"[(v * 4.99) as usize]);
        println!("{}", row.iter().map(letter).collect::<String>());
    }
}

fn error(x: &[[f32; 784]], y: &[[f32; 784]]) -> f32 {
    let squares = x
        .iter()
        .flatten()
        .zip(y.iter().flatten())
        .map(|(x, y)| (x - y).powi(2));
    squares.sum::<f32>() / (784 * x.len()) as f32
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("autoencoder.rs"));
    let digits = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let x_train: Vec<[f32; 784]> = mnist::scaled(&digits.x_train)?;
    let x_test: Vec<[f32; 784]> = mnist::scaled(&digits.x_test)?;

    let mut autoencoder = compile!(
        Autoencoder::new(0),
        optimizer = "adam",
        loss = "binary_crossentropy"
    );
    let fit = Fit::new().epochs(15).batch_size(128).verbose(2);
    autoencoder.fit(&x_train, &x_train, fit.validation_data(&x_test, &x_test))?;

    let mut encoder = Encoder::new(0);
    let trained = autoencoder.get_layer("encoder")?.get_weights();
    encoder.get_layer_mut("encoder")?.set_weights(&trained)?;
    let (codes, decoded) = (encoder.predict(&x_test)?, autoencoder.predict(&x_test)?);

    show(&x_test[0]);
    println!("{:.1?}", codes[0]);
    show(&decoded[0]);
    // Who knows nothing of a digit guesses the mean of all.
    let mean: [f32; 784] =
        std::array::from_fn(|i| x_train.iter().map(|x| x[i]).sum::<f32>() / x_train.len() as f32);
    let (found, baseline) = (
        error(&x_test, &decoded),
        error(&x_test, &vec![mean; x_test.len()]),
    );
    println!("squared error {found:.4}; of the mean digit {baseline:.4}");
    assert!(found < 0.3 * baseline, "it was not learned");
    Ok(())
}
