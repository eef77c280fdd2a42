//! Digits of 8 x 8 pixels. The device's camera is mounted upside down, which the host did not know: the device learns on.

use std::error::Error;

use kseq::datasets::mnist;
use kseq::prelude::*;
use models::{SmallDigits, class, sensors};

use crate::recorded::Recorded;
use crate::{DIGITS, Task, weights};

pub const TASK: Task = Task {
    name: "small_digits",
    train,
    quantize: || Ok(()),
    record,
};

/// Each pixel is the mean of 3 x 3.
fn small(image: &[[u8; 28]; 28]) -> [u8; 64] {
    std::array::from_fn(|i| {
        let (row, column) = (2 + i / 8 * 3, 2 + i % 8 * 3);
        let rows = image[row..row + 3].iter();
        let sum: u16 = rows
            .flat_map(|row| &row[column..column + 3])
            .map(|&pixel| u16::from(pixel))
            .sum();
        (sum / 9) as u8
    })
}

fn train() -> Result<(), Box<dyn Error>> {
    let digits = mnist::load_data(DIGITS)?;
    let x: Vec<[f32; 64]> = digits
        .x_train
        .iter()
        .map(|image| sensors::small_picture(&small(image)))
        .collect();
    let x_test: Vec<[f32; 64]> = digits
        .x_test
        .iter()
        .map(|image| sensors::small_picture(&small(image)))
        .collect();
    let mut model = compile!(
        SmallDigits::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    model.fit(
        &x,
        &to_categorical(&digits.y_train)?,
        Fit::new().batch_size(32).epochs(20).verbose(0),
    )?;
    let (accuracy,) = model
        .evaluate(&x_test, &to_categorical(&digits.y_test)?)?
        .metrics;
    println!("train_on_device begins with: test_accuracy={accuracy:.4}");
    assert!(accuracy > 0.88, "it was not learned");
    model.save_weights(weights("small_digits"))?;
    Ok(())
}

fn record(to: &mut Recorded) -> Result<(), Box<dyn Error>> {
    let digits = mnist::load_data(DIGITS)?;
    let upside_down = |image: &[[u8; 28]; 28]| {
        let mut pixels = small(image);
        pixels.reverse();
        pixels
    };
    let seen: Vec<[u8; 64]> = digits.x_test[..150].iter().map(upside_down).collect();
    let labels = &digits.y_test[..150];

    // What the device does, here with the host's sums.
    let mut model = SmallDigits::new(0);
    model.load_weights(weights("small_digits"))?;
    let mut model = compile!(
        model,
        optimizer = SGD(0.05),
        loss = "sparse_categorical_crossentropy"
    );
    let x: Vec<[f32; 64]> = seen.iter().map(sensors::small_picture).collect();
    let right = |model: &Sequential<SmallDigits>| -> Result<usize, kseq::error::Error> {
        let outputs = model.predict(&x[100..])?;
        Ok(outputs
            .iter()
            .zip(&labels[100..])
            .filter(|(y, label)| class(&y[..]) == usize::from(**label))
            .count())
    };
    let before = right(&model)?;
    let mut losses = [0.0; 10];
    for loss in &mut losses {
        for (x, &label) in x[..100].iter().zip(labels) {
            *loss += model.train_on_batch(&[*x], &[u32::from(label)])?.loss / 100.0;
        }
    }
    let after = right(&model)?;
    println!("train_on_device: {before} right of 50, after ten epochs {after}; losses {losses:?}");
    to.push(
        "Digits, as a camera sees them that is mounted upside down.",
        "UPSIDE_DOWN",
        "[[u8; 64]; 150]",
        &seen,
    );
    to.push("Which digits they are.", "LABELS", "[u8; 150]", &labels);
    to.push(
        "The mean loss in each epoch of a training with the first 100, on the host.",
        "LOSSES",
        "[f32; 10]",
        &losses,
    );
    Ok(())
}
