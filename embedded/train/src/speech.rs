//! The words of `keyword.rs` from 40 bands, for a network that the firmware has in integers only.

use std::error::Error;

use kseq::prelude::*;
use models::{Speech, class_int8, sensors};

use crate::keyword::{word, words};
use crate::recorded::Recorded;
use crate::{Task, filled, generator, integers, weights};

pub const TASK: Task = Task {
    name: "speech",
    train,
    quantize,
    record,
};

type Sound = [[i8; 40]; 49];

fn scaled(sound: &Sound) -> [[[f32; 1]; 40]; 49] {
    filled(|x| sensors::sound(sound, x))
}

fn train() -> Result<(), Box<dyn Error>> {
    let ((x, y), (x_test, y_test)) = (words(1, 2000), words(2, 500));
    let x: Vec<_> = x.iter().map(scaled).collect();
    let x_test: Vec<_> = x_test.iter().map(scaled).collect();
    let mut model = compile!(
        Speech::new(1),
        optimizer = Adam(0.001),
        loss = "categorical_crossentropy",
        metrics = ["accuracy"]
    );
    model.fit(
        &x,
        &to_categorical(&y)?,
        Fit::new().batch_size(32).epochs(8).verbose(0),
    )?;
    let (accuracy,) = model.evaluate(&x_test, &to_categorical(&y_test)?)?.metrics;
    println!("speech: test_accuracy={accuracy:.4}");
    assert!(accuracy > 0.95, "it was not learned");
    model.save_weights(weights("speech"))?;
    Ok(())
}

fn quantize() -> Result<(), Box<dyn Error>> {
    let (x, y) = words(4, 500);
    let x: Vec<_> = x.iter().map(scaled).collect();
    crate::quantize("speech", Speech::new(0), &x, &y, sensors::COUNTS)
}

fn record(to: &mut Recorded) -> Result<(), Box<dyn Error>> {
    let twin = Quantized::<Speech>::load(integers("speech"))?;
    let rng = &mut generator(3);
    let said: [Sound; 4] = std::array::from_fn(|label| word(label as u32, rng));
    let mut outputs = [[0; 4]; 4];
    for (label, (said, y)) in said.iter().zip(&mut outputs).enumerate() {
        twin.predict_int8_into(said.as_flattened(), y)?;
        assert_eq!(class_int8(y), label, "{y:?}");
    }
    to.push("Each word once.", "SOUNDS", "[[[i8; 40]; 49]; 4]", &said);
    to.push(
        "The host's outputs of `Speech`, in integers.",
        "SPEECH_INT8",
        "[[i8; 4]; 4]",
        &outputs,
    );
    Ok(())
}
