//! A shaft's vibration, made up: the network learns to foretell a sound one, and a broken one is what it cannot foretell.

use std::error::Error;
use std::f32::consts::TAU;

use kseq::params::Flat;
use kseq::prelude::*;
use kseq::rng::Rng;
use models::{Vibration, VibrationStep, sensors};

use crate::recorded::Recorded;
use crate::{Task, generator, weights};

pub const TASK: Task = Task {
    name: "vibration",
    train,
    quantize: || Ok(()),
    record,
};

/// Half a buffer of an ADC of 12 bits.
type Half = [u16; 8];

/// So many half buffers; a bearing that breaks knocks from there on.
fn vibration(halves: usize, broken_from: usize, rng: &mut Rng) -> Vec<Half> {
    let (phase, speed) = (TAU * rng.uniform(), TAU * (3.0 + rng.uniform()) / 64.0);
    let mut counts = vec![[0; 8]; halves];
    for (t, count) in counts.as_flattened_mut().iter_mut().enumerate() {
        let angle = speed * t as f32 + phase;
        let since = (t % 29) as f32;
        let knock = if t / 8 < broken_from {
            0.0
        } else {
            1.2 * (-0.4 * since).exp() * (2.5 * since).cos()
        };
        let value = angle.sin() + 0.3 * (2.0 * angle).sin() + knock + 0.03 * rng.normal();
        *count = (2048.0 + 600.0 * value) as u16;
    }
    counts
}

fn train() -> Result<(), Box<dyn Error>> {
    let rng = &mut generator(1);
    let mut pairs = Vec::new();
    for _ in 0..1500 {
        let halves: Vec<[f32; 8]> = vibration(25, usize::MAX, rng)
            .iter()
            .map(sensors::vibration)
            .collect();
        let window = |from: usize| std::array::from_fn::<[f32; 8], 24, _>(|t| halves[from + t]);
        pairs.push((window(0), window(1)));
    }
    let (x, y): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let mut model = compile!(Vibration::new(1), optimizer = Adam(0.005), loss = "mse");
    model.fit(&x, &y, Fit::new().batch_size(32).epochs(30).verbose(0))?;
    let loss = model.evaluate(&x, &y)?.loss;
    println!("anomaly_lstm: loss={loss:.5}");
    assert!(loss < 0.01, "it was not learned");
    // The same layers one step at a time: their weights, and the state, which is zero.
    let mut step = VibrationStep::new(0);
    let layers = model.params().as_f32s();
    step.params_mut().as_f32s_mut().copy_from_slice(layers);
    step.save_weights(weights("anomaly_lstm"))?;
    Ok(())
}

fn record(to: &mut Recorded) -> Result<(), Box<dyn Error>> {
    let mut model = VibrationStep::new(0);
    model.load_weights(weights("anomaly_lstm"))?;
    let counts = vibration(80, 56, &mut generator(5));
    let mut foretold = Vec::new();
    for counts in &counts {
        foretold.push(model.predict(&[[sensors::vibration(counts)]])?[0][0]);
    }
    to.push(
        "A vibration; from half buffer 56 on a bearing is broken.",
        "VIBRATION",
        "[[u16; 8]; 80]",
        &counts,
    );
    let about = "What `VibrationStep`, on the host, foretells of the half buffer after each.";
    to.push(about, "ANOMALY_LSTM", "[[f32; 8]; 80]", &foretold);
    Ok(())
}
