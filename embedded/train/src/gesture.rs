//! Four gestures of a hand with an accelerometer, made up.

use std::error::Error;
use std::f32::consts::TAU;

use kseq::prelude::*;
use kseq::rng::Rng;
use models::{Gesture, sensors};

use crate::recorded::Recorded;
use crate::{Task, generator, weights};

pub const TASK: Task = Task {
    name: "gesture",
    train,
    quantize: || Ok(()),
    record,
};

/// One and a quarter seconds of counts.
type Counts = [[i16; 3]; 64];

/// Rest, a shake, a circle, a knock, in a hand that is held as it happens to be.
fn window(gesture: u32, rng: &mut Rng) -> Counts {
    let mut draw = |from: f32, to: f32| from + (to - from) * rng.uniform();
    let (tilt, phase, strength) = (draw(-0.5, 0.5), draw(0.0, TAU), draw(0.5, 1.5));
    let (speed, begin) = (draw(0.8, 1.2) * TAU / 64.0, draw(5.0, 50.0));
    std::array::from_fn(|t| {
        let angle = t as f32 * speed + phase;
        let [x, y] = match gesture {
            1 => [(4.0 * angle).sin(), 0.0],
            2 => [(2.0 * angle).sin(), (2.0 * angle).cos()],
            3 => [0.0, 2.0 * (-0.5 * (t as f32 - begin).powi(2)).exp()],
            _ => [0.0, 0.0],
        };
        let noise = [(); 3].map(|()| 0.15 * rng.normal());
        let g = [
            strength * x + tilt.sin() + noise[0],
            strength * y + noise[1],
            tilt.cos() + noise[2],
        ];
        g.map(|g| (4096.0 * g) as i16)
    })
}

fn windows(seed: u64, n: usize) -> (Vec<[[f32; 3]; 64]>, Vec<u32>) {
    let rng = &mut generator(seed);
    let gestures: Vec<u32> = (0..n).map(|_| rng.below(4)).collect();
    let scaled = |&gesture: &u32| window(gesture, rng).map(|counts| sensors::acceleration(&counts));
    (gestures.iter().map(scaled).collect(), gestures)
}

fn train() -> Result<(), Box<dyn Error>> {
    let ((x, y), (x_test, y_test)) = (windows(1, 2000), windows(2, 500));
    let mut model = compile!(
        Gesture::new(1),
        optimizer = Adam(0.005),
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    model.fit(
        &x,
        &to_categorical(&y)?,
        Fit::new().batch_size(32).epochs(10).verbose(0),
    )?;
    let (accuracy,) = model.evaluate(&x_test, &to_categorical(&y_test)?)?.metrics;
    println!("gesture_gru: test_accuracy={accuracy:.4}");
    assert!(accuracy > 0.95, "it was not learned");
    model.save_weights(weights("gesture_gru"))?;
    Ok(())
}

fn record(to: &mut Recorded) -> Result<(), Box<dyn Error>> {
    let mut model = Gesture::new(0);
    model.load_weights(weights("gesture_gru"))?;
    let rng = &mut generator(4);
    // All four, one after the other, as the sensor sees them.
    let counts: Vec<[i16; 3]> = (0..4).flat_map(|gesture| window(gesture, rng)).collect();
    let samples: Vec<[f32; 3]> = counts.iter().map(sensors::acceleration).collect();
    let windows: Vec<[[f32; 3]; 64]> = (0..=192)
        .step_by(16)
        .map(|at| std::array::from_fn(|t| samples[at + t]))
        .collect();
    let outputs = model.predict(&windows)?;
    to.push(
        "A hand that rests, shakes, circles and knocks.",
        "MOTION",
        "[[i16; 3]; 256]",
        &counts,
    );
    let about =
        "The host's outputs of `Gesture` for the window of 64 that ends there, each 16 of them.";
    to.push(about, "GESTURE_GRU", "[[f32; 4]; 13]", &outputs);
    Ok(())
}
