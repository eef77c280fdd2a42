//! Four gestures of a hand with an accelerometer, by a network that fits on a microcontroller.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! model = Sequential([
//!     Conv1D(8, 5, strides=2, activation="relu", input_shape=(64, 3)),
//!     MaxPooling1D(2),
//!     GRU(16),
//!     Dense(4, activation="softmax"),
//! ])
//! model.compile(optimizer=Adam(0.005), loss="categorical_crossentropy", metrics=["accuracy"])
//! model.fit(x_train, to_categorical(y_train, 4), batch_size=32, epochs=10, validation_split=0.2)
//! converter = tf.lite.TFLiteConverter.from_keras_model(model)     # for the chip; here it is the same code
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example gesture
//! ```

mod common;

use std::f32::consts::TAU;
use std::slice;

use kseq::layer::Ctx;
use kseq::params::zeroed;
use kseq::pool::Pool;
use kseq::prelude::*;
use kseq::rng::Rng;

/// 64 accelerations in three directions, one and a quarter seconds.
type Window = [[f32; 3]; 64];

const GESTURES: [&str; 4] = ["rest", "shake", "circle", "knock"];

sequential! {
    /// The compiler refuses it as soon as it needs more than this.
    #[budget(flash = 16 * 1024, ram = 8 * 1024)]
    pub Gesture = [
        Conv1D(8, 5, strides = 2, activation = "relu", input_shape = (64, 3)),
        MaxPooling1D(2),
        GRU(16),
        Dense(4, activation = "softmax"),
    ]
}

/// A gesture in units of the gravity, in a hand that is held as it happens to be.
fn window(gesture: u32, rng: &mut Rng) -> Window {
    let mut draw = |from: f32, to: f32| from + (to - from) * rng.uniform();
    let (tilt, phase, strength) = (draw(-0.5, 0.5), draw(0.0, TAU), draw(0.5, 1.5));
    let (speed, begin) = (draw(0.8, 1.2) * TAU / 64.0, draw(5.0, 50.0));
    std::array::from_fn(|t| {
        let angle = t as f32 * speed + phase;
        let [x, y] = match GESTURES[gesture as usize] {
            "shake" => [(4.0 * angle).sin(), 0.0],
            "circle" => [(2.0 * angle).sin(), (2.0 * angle).cos()],
            "knock" => [0.0, 2.0 * (-0.5 * (t as f32 - begin).powi(2)).exp()],
            _ => [0.0, 0.0],
        };
        let noise = [(); 3].map(|()| 0.15 * rng.normal());
        [
            strength * x + tilt.sin() + noise[0],
            strength * y + noise[1],
            tilt.cos() + noise[2],
        ]
    })
}

fn windows(seed: u64, n: usize) -> (Vec<Window>, Vec<u32>) {
    let rng = &mut common::generator(seed);
    let gestures = common::randint(rng, 4, n);
    (
        gestures
            .iter()
            .map(|&gesture| window(gesture, rng))
            .collect(),
        gestures,
    )
}

/// What runs on the chip: neither std nor a heap. The weights are in its flash; `work` is a `static`, all zeros.
fn classify(weights: &<Gesture as Model>::Params, window: &Window, work: &mut [f32]) -> usize {
    let mut y = [[0.0; 4]];
    let cx = Ctx::new(&Pool::Serial, 0, 0);
    Gesture::predict_into(
        weights,
        &zeroed(),
        slice::from_ref(window),
        &mut y,
        work,
        &cx,
    );
    (0..4)
        .max_by(|&a, &b| y[0][a].total_cmp(&y[0][b]))
        .unwrap_or(0)
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("gesture.rs"));
    let (x_train, y_train) = windows(1, 2000);
    let (x_test, y_test) = windows(2, 500);
    let mut model = compile!(
        Gesture::new(0),
        optimizer = Adam(0.005),
        loss = "categorical_crossentropy",
        metrics = ["accuracy"],
    );
    let fit = Fit::new().batch_size(32).epochs(10).verbose(2);
    model.fit(
        &x_train,
        &to_categorical(&y_train)?,
        fit.validation_split(0.2),
    )?;
    let (accuracy,) = model.evaluate(&x_test, &to_categorical(&y_test)?)?.metrics;
    println!("accuracy {accuracy}");
    let mut work = [0.0; Gesture::SIZES.predict()];
    for (x, &y) in x_test.iter().zip(&y_test).take(5) {
        let found = GESTURES[classify(model.params(), x, &mut work)];
        println!("{} is taken for {found}", GESTURES[y as usize]);
    }
    println!(
        "{} bytes of flash, {} of RAM",
        Gesture::FLASH_BYTES,
        Gesture::INFER_RAM
    );
    assert!(accuracy > 0.95, "it was not learned");
    Ok(())
}
