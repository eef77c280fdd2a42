//! Five kinds of heartbeats, from 187 voltages each.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! model = Sequential()
//! model.add(Conv1D(32, 5, input_shape=(187, 1), use_bias=False))
//! model.add(BatchNormalization(momentum=0.9))
//! model.add(Activation("relu"))
//! model.add(MaxPooling1D(pool_size=3, strides=2))
//! model.add(Conv1D(32, 5, use_bias=False))
//! model.add(BatchNormalization(momentum=0.9))
//! model.add(Activation("relu"))
//! model.add(MaxPooling1D(pool_size=3, strides=2))
//! model.add(Flatten())
//! model.add(Dense(32, activation="relu"))
//! model.add(Dropout(0.2))
//! model.add(Dense(5, activation="softmax"))
//! model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
//! model.fit(x_train, y_train, epochs=6, batch_size=32, validation_data=(x_test, y_test))
//! y_pred = np.argmax(model.predict(x_test), axis=1)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example ecg
//! ```

mod common;

use std::f32::consts::TAU;

use kseq::prelude::*;
use kseq::rng::Rng;

/// A beat of 1.5 seconds, 125 voltages in each.
type Beat = [[f32; 1]; 187];

/// Normal, early, from a ventricle (wide, and the other way round behind it), half of both, of a pacemaker.
const KINDS: [&str; 5] = ["N", "S", "V", "F", "Q"];

/// The waves of a beat, P, Q, R, S and T: when, how wide, how high.
const WAVES: [[[f32; 3]; 5]; 5] = [
    [
        [35.0, 6.0, 0.15],
        [53.0, 2.0, -0.1],
        [60.0, 2.5, 1.0],
        [66.0, 2.5, -0.2],
        [100.0, 12.0, 0.3],
    ],
    [
        [48.0, 4.0, 0.08],
        [53.0, 2.0, -0.1],
        [60.0, 2.5, 1.0],
        [66.0, 2.5, -0.2],
        [94.0, 10.0, 0.25],
    ],
    [
        [35.0, 6.0, 0.0],
        [48.0, 5.0, -0.1],
        [62.0, 9.0, 1.0],
        [78.0, 7.0, -0.3],
        [110.0, 16.0, -0.35],
    ],
    [
        [35.0, 6.0, 0.08],
        [51.0, 3.0, -0.1],
        [61.0, 5.5, 1.0],
        [72.0, 4.0, -0.25],
        [105.0, 14.0, 0.0],
    ],
    [
        [35.0, 6.0, 0.0],
        [50.0, 0.8, 0.9],
        [63.0, 7.0, 0.8],
        [76.0, 5.0, -0.2],
        [112.0, 14.0, -0.25],
    ],
];

/// One beat, with the differences between hearts, the line that a breath bends, and noise.
fn beat(kind: u32, rng: &mut Rng) -> Beat {
    let waves = WAVES[kind as usize].map(|[at, wide, high]| {
        let by = |rng: &mut Rng, share: f32| 1.0 + share * rng.normal();
        [
            at + 1.5 * rng.normal(),
            wide * by(rng, 0.1),
            high * by(rng, 0.15),
        ]
    });
    let (breath, phase) = (0.1 * rng.uniform(), TAU * rng.uniform());
    std::array::from_fn(|t| {
        let t = t as f32;
        let heart: f32 = waves
            .iter()
            .map(|[at, wide, high]| high * (-0.5 * ((t - at) / wide).powi(2)).exp())
            .sum();
        [heart + breath * (TAU * t / 300.0 + phase).sin() + 0.03 * rng.normal()]
    })
}

fn beats(seed: u64, n: usize) -> (Vec<Beat>, Vec<u32>) {
    let rng = &mut common::generator(seed);
    let kinds = common::randint(rng, 5, n);
    (kinds.iter().map(|&kind| beat(kind, rng)).collect(), kinds)
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("ecg.rs"));
    let (x_train, y_train) = beats(1, 2000);
    let (x_test, y_test) = beats(2, 500);

    sequential! {
        let mut model = Sequential();
        model.add(Conv1D(32, 5, input_shape=(187, 1), use_bias=False));
        model.add(BatchNormalization(momentum=0.9));
        model.add(Activation("relu"));
        model.add(MaxPooling1D(pool_size=3, strides=2));
        model.add(Conv1D(32, 5, use_bias=False));
        model.add(BatchNormalization(momentum=0.9));
        model.add(Activation("relu"));
        model.add(MaxPooling1D(pool_size=3, strides=2));
        model.add(Flatten());
        model.add(Dense(32, activation="relu"));
        model.add(Dropout(0.2));
        model.add(Dense(5, activation="softmax"));
    }
    let mut model = compile!(
        model,
        optimizer = "adam",
        loss = "sparse_categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let fit = Fit::new().epochs(6).batch_size(32).verbose(2);
    model.fit(&x_train, &y_train, fit.validation_data(&x_test, &y_test))?;

    // Which beats are taken for which.
    let y_pred = model.predict_classes(&x_test)?;
    let mut confusion = [[0; 5]; 5];
    for (&y, &guess) in y_test.iter().zip(&y_pred) {
        confusion[y as usize][guess as usize] += 1;
    }
    println!("is \\ found {KINDS:>4?}");
    for (kind, row) in KINDS.iter().zip(&confusion) {
        println!("{kind:>10} {row:>4?}");
    }
    let (accuracy,) = model.evaluate(&x_test, &y_test)?.metrics;
    println!("accuracy {accuracy}");
    assert!(accuracy > 0.95, "it was not learned");
    Ok(())
}
