//! Real digits: a perceptron and a convolutional network.

use std::error::Error;

use kseq::datasets::mnist;
use kseq::prelude::*;
use models::{DigitCnn, DigitFilters, DigitMlp, class, class_int8, sensors};

use crate::recorded::Recorded;
use crate::{DIGITS, Task, filled, integers, weights};

pub const TASK: Task = Task {
    name: "digits",
    train,
    quantize: derive,
    record,
};

type Image = [[u8; 28]; 28];

fn flat(image: &Image) -> [f32; 784] {
    filled(|x| sensors::flat_picture(image, x))
}

fn picture(image: &Image) -> [[[f32; 1]; 28]; 28] {
    filled(|x| sensors::picture(image, x))
}

fn train() -> Result<(), Box<dyn Error>> {
    let digits = mnist::load_data(DIGITS)?;
    let (y_train, y_test) = (
        to_categorical(&digits.y_train)?,
        to_categorical(&digits.y_test)?,
    );

    let x: Vec<[f32; 784]> = digits.x_train.iter().map(flat).collect();
    let x_test: Vec<[f32; 784]> = digits.x_test.iter().map(flat).collect();
    let mut mlp = compile!(
        DigitMlp::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    mlp.fit(
        &x,
        &y_train,
        Fit::new().batch_size(64).epochs(12).verbose(0),
    )?;
    let (accuracy,) = mlp.evaluate(&x_test, &y_test)?.metrics;
    println!("digit_mlp: test_accuracy={accuracy:.4}");
    assert!(accuracy > 0.93, "it was not learned");
    mlp.save_weights(weights("digit_mlp"))?;

    let x: Vec<_> = digits.x_train.iter().map(picture).collect();
    let x_test: Vec<_> = digits.x_test.iter().map(picture).collect();
    let mut cnn = compile!(
        DigitCnn::new(1),
        optimizer = "adam",
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    cnn.fit(
        &x,
        &y_train,
        Fit::new().batch_size(64).epochs(12).verbose(0),
    )?;
    let (accuracy,) = cnn.evaluate(&x_test, &y_test)?.metrics;
    println!("digit_cnn: test_accuracy={accuracy:.4}");
    assert!(accuracy > 0.96, "it was not learned");
    cnn.save_weights(weights("digit_cnn"))?;
    Ok(())
}

/// The network in integers, and its first layer by itself.
fn derive() -> Result<(), Box<dyn Error>> {
    let (mut cnn, mut filters) = (DigitCnn::new(0), DigitFilters::new(0));
    cnn.load_weights(weights("digit_cnn"))?;
    let (from, to) = (&cnn.params().conv2d_1, &mut filters.params_mut().conv2d_1);
    (to.kernel, to.bias) = (from.kernel, from.bias);
    filters.save_weights(weights("digit_filters"))?;
    let digits = mnist::load_data(DIGITS)?;
    let some = digits.x_train.iter().zip(&digits.y_train).take(1000);
    let (x, y): (Vec<_>, Vec<_>) = some.map(|(x, y)| (picture(x), u32::from(*y))).unzip();
    crate::quantize("digit_cnn", DigitCnn::new(0), &x, &y, sensors::PIXELS)
}

fn record(to: &mut Recorded) -> Result<(), Box<dyn Error>> {
    let digits = mnist::load_data(DIGITS)?;
    let (mut mlp, mut cnn) = (DigitMlp::new(0), DigitCnn::new(0));
    mlp.load_weights(weights("digit_mlp"))?;
    cnn.load_weights(weights("digit_cnn"))?;
    let mut filters = DigitFilters::new(0);
    filters.load_weights(weights("digit_filters"))?;
    let (all, first) = (cnn.params(), filters.params());
    assert_eq!(
        all.conv2d_1.kernel, first.conv2d_1.kernel,
        "`-- --quantize`"
    );
    let twin = Quantized::<DigitCnn>::load(integers("digit_cnn"))?;
    // Of each digit the first one that all recognise.
    let mut pixels = [[[0; 28]; 28]; 10];
    let (mut by_mlp, mut by_cnn) = ([[0.0; 10]; 10], [[0.0; 10]; 10]);
    let mut by_twin = [[0; 10]; 10];
    for digit in 0..10_u8 {
        let labelled = digits
            .x_test
            .iter()
            .zip(&digits.y_test)
            .filter(|&(_, &y)| y == digit);
        for (image, _) in labelled {
            let y_mlp = mlp.predict(&[flat(image)])?[0];
            let y_cnn = cnn.predict(&[picture(image)])?[0];
            let (mut x, mut y_twin) = ([0; 784], [0; 10]);
            sensors::picture_int8(image, &mut x);
            twin.predict_int8_into(&x, &mut y_twin)?;
            let i = usize::from(digit);
            if class(&y_mlp) == i && class(&y_cnn) == i && class_int8(&y_twin) == i {
                (pixels[i], by_mlp[i], by_cnn[i]) = (*image, y_mlp, y_cnn);
                by_twin[i] = y_twin;
                break;
            }
        }
    }
    to.push(
        "A picture of each digit.",
        "DIGITS",
        "[[[u8; 28]; 28]; 10]",
        &pixels,
    );
    to.push(
        "The host's outputs of `DigitMlp`.",
        "DIGIT_MLP",
        "[[f32; 10]; 10]",
        &by_mlp,
    );
    to.push(
        "The host's outputs of `DigitCnn`.",
        "DIGIT_CNN",
        "[[f32; 10]; 10]",
        &by_cnn,
    );
    to.push(
        "The same in integers.",
        "DIGIT_CNN_INT8",
        "[[i8; 10]; 10]",
        &by_twin,
    );
    Ok(())
}
