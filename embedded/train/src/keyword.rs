//! Four words, made up: tones that rise, fall, rise and fall, or stay, at any pitch, in noise.

use std::error::Error;
use std::f32::consts::PI;

use kseq::prelude::*;
use kseq::rng::Rng;
use models::{KeywordCnn, sensors};

use crate::recorded::Recorded;
use crate::{Task, filled, generator, integers, weights};

pub const TASK: Task = Task {
    name: "keyword",
    train,
    quantize,
    record,
};

type Sound = [[i8; 10]; 49];

fn scaled(sound: &Sound) -> [[[f32; 1]; 10]; 49] {
    filled(|x| sensors::sound(sound, x))
}

/// What a front end gives for a second of sound: 49 steps of 10 bands or more, eight counts a unit.
pub fn word<const BANDS: usize>(word: u32, rng: &mut Rng) -> [[i8; BANDS]; 49] {
    let (begin, length) = (12.0 * rng.uniform(), 24.0 + 12.0 * rng.uniform());
    let (pitch, span, loud) = (
        3.0 + 3.0 * rng.uniform(),
        2.0 + rng.uniform(),
        2.0 + 2.0 * rng.uniform(),
    );
    let finer = BANDS as f32 / 10.0;
    std::array::from_fn(|t| {
        let at = (t as f32 - begin) / length;
        let moved = match word {
            0 => 2.0 * at - 1.0,
            1 => 1.0 - 2.0 * at,
            2 => (2.0 * PI * at).sin(),
            _ => 0.0,
        };
        std::array::from_fn(|band| {
            let off = band as f32 / finer - pitch - span * moved;
            let tone = if (0.0..1.0).contains(&at) {
                loud * (-0.5 * off * off).exp()
            } else {
                0.0
            };
            (8.0 * (tone + 0.5 * rng.normal())).round() as i8
        })
    })
}

/// Random words, and which they are.
pub fn words<const BANDS: usize>(seed: u64, n: usize) -> (Vec<[[i8; BANDS]; 49]>, Vec<u32>) {
    let rng = &mut generator(seed);
    let labels: Vec<u32> = (0..n).map(|_| rng.below(4)).collect();
    (
        labels.iter().map(|&label| word(label, rng)).collect(),
        labels,
    )
}

fn train() -> Result<(), Box<dyn Error>> {
    let ((x, y), (x_test, y_test)) = (words(1, 2000), words(2, 500));
    let x: Vec<_> = x.iter().map(scaled).collect();
    let x_test: Vec<_> = x_test.iter().map(scaled).collect();
    let mut model = compile!(
        KeywordCnn::new(1),
        optimizer = Adam(0.003),
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    model.fit(
        &x,
        &to_categorical(&y)?,
        Fit::new().batch_size(32).epochs(12).verbose(0),
    )?;
    let (accuracy,) = model.evaluate(&x_test, &to_categorical(&y_test)?)?.metrics;
    println!("keyword_cnn: test_accuracy={accuracy:.4}");
    assert!(accuracy > 0.95, "it was not learned");
    model.save_weights(weights("keyword_cnn"))?;
    Ok(())
}

fn quantize() -> Result<(), Box<dyn Error>> {
    let (x, y) = words(4, 500);
    let x: Vec<_> = x.iter().map(scaled).collect();
    crate::quantize("keyword_cnn", KeywordCnn::new(0), &x, &y, sensors::COUNTS)
}

fn record(to: &mut Recorded) -> Result<(), Box<dyn Error>> {
    let mut model = KeywordCnn::new(0);
    model.load_weights(weights("keyword_cnn"))?;
    let rng = &mut generator(3);
    let said: [Sound; 4] = std::array::from_fn(|label| word(label as u32, rng));
    let outputs = model.predict(&said.map(|said| scaled(&said)))?;
    let twin = Quantized::<KeywordCnn>::load(integers("keyword_cnn"))?;
    let mut in_integers = [[0; 4]; 4];
    for (said, y) in said.iter().zip(&mut in_integers) {
        twin.predict_int8_into(said.as_flattened(), y)?;
    }
    to.push("Each word once.", "WORDS", "[[[i8; 10]; 49]; 4]", &said);
    to.push(
        "The host's outputs of `KeywordCnn`.",
        "KEYWORD_CNN",
        "[[f32; 4]; 4]",
        &outputs,
    );
    to.push(
        "The same in integers.",
        "KEYWORD_CNN_INT8",
        "[[i8; 4]; 4]",
        &in_integers,
    );
    Ok(())
}
