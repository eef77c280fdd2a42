//! A machine that begins to fail, found by a network that has only ever seen sound ones: what it cannot draw again is new.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! model = Sequential([
//!     Conv1D(16, 7, strides=2, padding="same", activation="relu", input_shape=(64, 1)),
//!     Conv1D(8, 7, strides=2, padding="same", activation="relu"),
//!     UpSampling1D(2),
//!     Conv1D(16, 7, padding="same", activation="relu"),
//!     UpSampling1D(2),
//!     Conv1D(1, 7, padding="same"),
//! ])
//! model.compile(optimizer=Adam(0.002), loss="mse")
//! stop = EarlyStopping(monitor="val_loss", patience=4, restore_best_weights=True)
//! model.fit(sound, sound, epochs=20, batch_size=64, validation_split=0.1, callbacks=[stop])
//!
//! error = np.mean(np.abs(model.predict(sound) - sound), axis=(1, 2))
//! threshold = np.percentile(error, 99)
//! anomalies = np.mean(np.abs(model.predict(x_test) - x_test), axis=(1, 2)) > threshold
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example anomaly
//! ```

mod common;

use std::f32::consts::TAU;

use kseq::callbacks::EarlyStopping;
use kseq::prelude::*;
use kseq::rng::Rng;

type Window = [[f32; 1]; 64];

sequential! {
    /// 64 values -> 16 steps of 8 -> 64 values
    pub Autoencoder = [
        Conv1D(16, 7, strides = 2, padding = "same", activation = "relu", input_shape = (64, 1)),
        Conv1D(8, 7, strides = 2, padding = "same", activation = "relu"),
        UpSampling1D(2),
        Conv1D(16, 7, padding = "same", activation = "relu"),
        UpSampling1D(2),
        Conv1D(1, 7, padding = "same"),
    ]
}

/// The vibration of a shaft; a broken bearing knocks, four to five times in a window.
fn vibration(broken: bool, rng: &mut Rng) -> Window {
    let (phase, speed, begin) = (
        TAU * rng.uniform(),
        3.0 + rng.uniform(),
        14.0 * rng.uniform(),
    );
    std::array::from_fn(|t| {
        let t = t as f32;
        let angle = TAU * speed * t / 64.0 + phase;
        let since = (t - begin).rem_euclid(14.0);
        let knock = if broken {
            0.8 * (-0.4 * since).exp() * (2.5 * since).cos()
        } else {
            0.0
        };
        [angle.sin() + 0.3 * (2.0 * angle).sin() + knock + 0.05 * rng.normal()]
    })
}

/// The mean absolute error of each window.
fn errors(model: &Sequential<Autoencoder>, x: &[Window]) -> Result<Vec<f32>, Error> {
    let drawn = model.predict(x)?;
    let error = |(a, b): (&Window, &Window)| {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a[0] - b[0]).abs())
            .sum::<f32>()
            / 64.0
    };
    Ok(x.iter().zip(&drawn).map(error).collect())
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("anomaly.rs"));
    let rng = &mut common::generator(0);
    let sound: Vec<Window> = (0..3000).map(|_| vibration(false, rng)).collect();
    let broken: Vec<bool> = (0..1000).map(|_| rng.uniform() < 0.2).collect();
    let x_test: Vec<Window> = broken
        .iter()
        .map(|&broken| vibration(broken, rng))
        .collect();

    let mut model = compile!(Autoencoder::new(0), optimizer = Adam(0.002), loss = "mse");
    let mut stop = EarlyStopping::new()
        .monitor("val_loss")
        .patience(4)
        .restore_best_weights(true);
    let fit = Fit::new()
        .epochs(20)
        .batch_size(64)
        .validation_split(0.1)
        .verbose(2);
    model.fit(&sound, &sound, fit.callbacks([&mut stop]))?;

    let mut error = errors(&model, &sound)?;
    error.sort_by(f32::total_cmp);
    let threshold = error[error.len() * 99 / 100];
    let found: Vec<bool> = errors(&model, &x_test)?
        .iter()
        .map(|&e| e > threshold)
        .collect();

    let count = |want: bool| {
        broken
            .iter()
            .zip(&found)
            .filter(|&(&b, &f)| f && b == want)
            .count()
    };
    let (right, false_alarms) = (count(true), count(false));
    let all = broken.iter().filter(|&&b| b).count();
    println!("above {threshold:.3}: {right} of {all} broken bearings, {false_alarms} false alarms");
    assert!(
        right * 10 > all * 9 && false_alarms < 30,
        "it was not learned"
    );
    Ok(())
}
