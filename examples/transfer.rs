//! A new question with 100 answers to learn from: is there a hole in this digit? A network that knows the ten digits helps.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! digits.fit(x_train, y_train, batch_size=64, epochs=3)
//!
//! holes = Sequential([*body(), Dense(1, activation="sigmoid", name="answer")])
//! for layer in ["conv2d_1", "conv2d_2", "features"]:
//!     holes.get_layer(layer).set_weights(digits.get_layer(layer).get_weights())
//!     holes.get_layer(layer).trainable = False
//! holes.compile(optimizer=Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"])
//! holes.fit(x_few, y_few, batch_size=10, epochs=40)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example transfer
//! ```

mod common;

use kseq::datasets::mnist;
use kseq::prelude::*;

sequential! {
    pub Digits = [
        Conv2D(16, 3, activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D(),
        Conv2D(32, 3, activation = "relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(64, activation = "relu", name = "features"),
        Dense(10, activation = "softmax"),
    ]
}

sequential! {
    /// The same up to the features.
    pub Holes = [
        Conv2D(16, 3, activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D(),
        Conv2D(32, 3, activation = "relu"),
        MaxPooling2D(),
        Flatten(),
        Dense(64, activation = "relu", name = "features"),
        Dense(1, activation = "sigmoid", name = "answer"),
    ]
}

fn holes(labels: &[u8]) -> Vec<[f32; 1]> {
    let hole = |label: &u8| [f32::from([0, 6, 8, 9].contains(label))];
    labels.iter().map(hole).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("transfer.rs"));
    let data = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let x_train: Vec<[[[f32; 1]; 28]; 28]> = mnist::scaled(&data.x_train)?;
    let x_test: Vec<[[[f32; 1]; 28]; 28]> = mnist::scaled(&data.x_test)?;
    let y_test = holes(&data.y_test);

    let mut digits = compile!(
        Digits::new(0),
        optimizer = "adam",
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let labels: Vec<u32> = data.y_train.iter().map(|&label| label.into()).collect();
    digits.fit(
        &x_train,
        &labels,
        Fit::new().batch_size(64).epochs(3).verbose(2),
    )?;

    let (x_few, y_few) = (&x_train[..100], &holes(&data.y_train[..100]));
    let mut accuracies = Vec::new();
    for transferred in [false, true] {
        let mut model = Holes::new(1);
        if transferred {
            for layer in ["conv2d_1", "conv2d_2", "features"] {
                let trained = digits.get_layer(layer)?.get_weights();
                model.get_layer_mut(layer)?.set_weights(&trained)?;
                model.set_trainable(layer, false)?;
            }
        }
        let mut model = compile!(
            model,
            optimizer = Adam(0.005),
            loss = "binary_crossentropy",
            metrics = ["accuracy"],
        );
        model.fit(
            x_few,
            y_few,
            Fit::new().batch_size(10).epochs(40).verbose(0),
        )?;
        if transferred {
            assert_eq!(
                model.features.kernel, digits.features.kernel,
                "it was not frozen"
            );
        }
        let (accuracy,) = model.evaluate(&x_test, &y_test)?.metrics;
        println!("transferred: {transferred}, test accuracy {accuracy:.4}");
        accuracies.push(accuracy);
    }
    assert!(
        accuracies[1] > accuracies[0] + 0.05,
        "nothing was transferred"
    );
    Ok(())
}
