//! The next hour of a measured series, from windows of the last day.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! scaler = MinMaxScaler().fit(series[:train])
//! x = np.array([scaled[i : i + 24] for i in range(n)])[..., np.newaxis]
//! y = np.array([scaled[i + 24] for i in range(n)])
//!
//! model = Sequential([
//!     Conv1D(16, 3, activation="relu", input_shape=(24, 1)),
//!     LSTM(32),
//!     Dense(1),
//! ])
//! model.compile(optimizer="adam", loss="mse", metrics=["mae"])
//! model.fit(x_train, y_train, epochs=10, batch_size=32, validation_split=0.1)
//! loss, mae = model.evaluate(x_test, y_test)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example time_series
//! ```

mod common;

use kseq::prelude::*;

/// Hours that the network sees.
const WINDOW: usize = 24;

sequential! {
    pub Forecast = [
        Conv1D(16, 3, activation = "relu", input_shape = (WINDOW, 1)),
        LSTM(32),
        Dense(1),
    ]
}

/// The power that a town takes, hour by hour: days, weeks, a slow growth, and weather that stays for some hours.
fn measured(hours: usize) -> Vec<f32> {
    let rng = &mut common::generator(7);
    let mut weather = 0.0;
    (0..hours)
        .map(|hour| {
            weather = 0.8 * weather + rng.normal();
            let t = hour as f32 * std::f32::consts::TAU;
            let (day, week) = ((t / 24.0).sin() + 0.5 * (t / 12.0).cos(), (t / 168.0).sin());
            300.0 + 0.005 * hour as f32 + 20.0 * day + 8.0 * week + 3.0 * weather
        })
        .collect()
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("time_series.rs"));
    let series = measured(24 * 200);
    let train = series.len() * 8 / 10;

    // The scale is that of the hours that are trained on: what comes later is not known.
    let (min, max) = series[..train]
        .iter()
        .fold((f32::MAX, f32::MIN), |(min, max), &v| {
            (min.min(v), max.max(v))
        });
    let scaled: Vec<f32> = series.iter().map(|v| (v - min) / (max - min)).collect();

    let x: Vec<[[f32; 1]; WINDOW]> = scaled
        .windows(WINDOW + 1)
        .map(|hours| std::array::from_fn(|t| [hours[t]]))
        .collect();
    let y: Vec<[f32; 1]> = scaled[WINDOW..].iter().map(|&v| [v]).collect();
    let ((x_train, x_test), (y_train, y_test)) = (x.split_at(train), y.split_at(train));

    let mut model = compile!(
        Forecast::new(0),
        optimizer = "adam",
        loss = "mse",
        metrics = ["mae"]
    );
    let fit = Fit::new().epochs(10).batch_size(32).validation_split(0.1);
    model.fit(x_train, y_train, fit.verbose(2))?;
    let (mae,) = model.evaluate(x_test, y_test)?.metrics;

    // What costs nothing: as an hour ago, and as at this hour yesterday.
    let error = |guess: fn(&[[f32; 1]; WINDOW]) -> f32| {
        let sum: f32 = x_test
            .iter()
            .zip(y_test)
            .map(|(x, y)| (guess(x) - y[0]).abs())
            .sum();
        sum / x_test.len() as f32
    };
    let (last, yesterday) = (error(|x| x[WINDOW - 1][0]), error(|x| x[0][0]));
    for (who, error) in [
        ("network", mae),
        ("as an hour ago", last),
        ("as yesterday", yesterday),
    ] {
        println!("{who}: wrong by {:.2} MW in the mean", error * (max - min));
    }
    assert!(mae < 0.75 * last.min(yesterday), "it was not learned");
    Ok(())
}
