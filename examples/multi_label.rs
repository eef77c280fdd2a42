//! Several answers at once: is a digit even, prime, above four, and is there a hole in it?
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! model = Sequential([
//!     Dense(128, activation="relu", input_shape=(784,)),
//!     Dropout(0.2),
//!     Dense(4, activation="sigmoid"),          # not softmax: they do not exclude each other
//! ])
//! model.compile(optimizer="adam", loss="binary_crossentropy", metrics=[BinaryAccuracy(threshold=0.5)])
//! model.fit(x_train, y_train, epochs=8, batch_size=64, validation_data=(x_test, y_test))
//! labels = model.predict(x_test) > 0.5
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example multi_label
//! ```

mod common;

use kseq::datasets::mnist;
use kseq::prelude::*;

const LABELS: [&str; 4] = ["even", "prime", "above four", "with a hole"];

sequential! {
    pub Properties = [
        Dense(128, activation = "relu", input_shape = (784,)),
        Dropout(0.2),
        Dense(4, activation = "sigmoid"),
    ]
}

fn properties(digits: &[u8]) -> Vec<[f32; 4]> {
    let of = |&d: &u8| {
        [
            d % 2 == 0,
            [2, 3, 5, 7].contains(&d),
            d > 4,
            [0, 6, 8, 9].contains(&d),
        ]
    };
    digits.iter().map(|d| of(d).map(f32::from)).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("multi_label.rs"));
    let digits = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let (x_train, x_test) = (
        mnist::scaled(&digits.x_train)?,
        mnist::scaled(&digits.x_test)?,
    );
    let (y_train, y_test) = (properties(&digits.y_train), properties(&digits.y_test));

    let mut model = compile!(
        Properties::new(0),
        optimizer = "adam",
        loss = "binary_crossentropy",
        metrics = [BinaryAccuracy(threshold = 0.5)],
    );
    let fit = Fit::new().epochs(8).batch_size(64).verbose(2);
    model.fit(&x_train, &y_train, fit.validation_data(&x_test, &y_test))?;

    let predicted = model.predict(&x_test)?;
    for (digit, row) in digits.y_test.iter().zip(&predicted).take(5) {
        let labels: Vec<_> = LABELS
            .iter()
            .zip(row)
            .filter(|&(_, &p)| p > 0.5)
            .map(|(l, _)| *l)
            .collect();
        println!("{digit}: {}", labels.join(", "));
    }
    // Each label by itself, and how often who always says the same is right.
    for (i, label) in LABELS.iter().enumerate() {
        let n = y_test.len() as f32;
        let right = y_test
            .iter()
            .zip(&predicted)
            .filter(|(y, p)| (p[i] > 0.5) == (y[i] > 0.5))
            .count() as f32
            / n;
        let share = y_test.iter().map(|y| y[i]).sum::<f32>() / n;
        println!(
            "{label}: {right:.3}, without a look {:.3}",
            share.max(1.0 - share)
        );
        assert!(right > 0.94, "it was not learned");
    }
    Ok(())
}
