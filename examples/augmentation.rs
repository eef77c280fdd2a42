//! Few digits to learn from, 50 of each: turned, shifted and zoomed ones are new ones.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! model = Sequential([
//!     Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)),
//!     MaxPooling2D(),
//!     Conv2D(32, 3, activation="relu"),
//!     MaxPooling2D(),
//!     Flatten(),
//!     Dropout(0.3),
//!     Dense(10, activation="softmax"),
//! ])
//! model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
//! datagen = ImageDataGenerator(rotation_range=12, width_shift_range=0.1, height_shift_range=0.1, zoom_range=0.1)
//! model.fit(datagen.flow(x_train, y_train, batch_size=32), epochs=30, validation_data=(x_test, y_test))
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example augmentation
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
        Dropout(0.3),
        Dense(10, activation = "softmax"),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    common::no_arguments(include_str!("augmentation.rs"));
    let digits = mnist::load_data(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let x_train: Vec<[[[f32; 1]; 28]; 28]> = mnist::scaled(&digits.x_train[..500])?;
    let x_test: Vec<[[[f32; 1]; 28]; 28]> = mnist::scaled(&digits.x_test)?;
    let y_train: Vec<[f32; 10]> = to_categorical(&digits.y_train[..500])?;
    let y_test: Vec<[f32; 10]> = to_categorical(&digits.y_test)?;

    let mut accuracies = Vec::new();
    for augmented in [false, true] {
        let mut model = compile!(
            Digits::new(0),
            optimizer = "adam",
            loss = "categorical_crossentropy",
            metrics = ["accuracy"],
        );
        let fit = Fit::new().epochs(30).verbose(0);
        if augmented {
            let datagen = ImageDataGenerator::new()
                .rotation_range(12.0)
                .width_shift_range(0.1)
                .height_shift_range(0.1)
                .zoom_range(0.1);
            let batches = datagen.flow(Flow::new(&x_train, &y_train, 32)?.shuffle(true))?;
            model.fit_generator(batches, fit)?;
        } else {
            model.fit(&x_train, &y_train, fit)?;
        }
        let (accuracy,) = model.evaluate(&x_test, &y_test)?.metrics;
        println!("augmented: {augmented}, test accuracy {accuracy:.4}");
        accuracies.push(accuracy);
    }
    assert!(accuracies[1] > accuracies[0] + 0.01, "it was not learned");
    Ok(())
}
