//! A network that reads "12+7" and writes "19": from one sequence to another.
//!
//! In Keras, and here in the same order:
//!
//! ```python
//! model = Sequential()
//! model.add(LSTM(64, input_shape=(5, 12)))                    # reads
//! model.add(RepeatVector(3))
//! model.add(LSTM(64, return_sequences=True))                  # writes
//! model.add(TimeDistributed(Dense(12, activation="softmax")))
//! model.compile(loss="categorical_crossentropy", optimizer=Adam(0.003, clipnorm = 1.0), metrics=["accuracy"])
//! model.fit(x_train, y_train, batch_size=128, epochs=30, validation_data=(x_val, y_val))
//! guess = np.argmax(model.predict(x_val), axis=-1)
//! ```
//!
//! ```sh
//! cargo run --release -p kseq-nn --example addition
//! ```

mod common;

use kseq::prelude::*;

const LETTERS: &[u8; 12] = b" +0123456789";
/// "12+34"
const QUESTION: usize = 5;
/// "198"
const ANSWER: usize = 3;

sequential! {
    pub Addition = [
        LSTM(64, input_shape = (QUESTION, LETTERS.len())),
        RepeatVector(ANSWER),
        LSTM(64, return_sequences = True),
        TimeDistributed(Dense(LETTERS.len(), activation = "softmax")),
    ]
}

/// A row for each letter, with a 1 at its place in `LETTERS`.
fn encode<const T: usize>(text: &str) -> [[f32; 12]; T] {
    let text = text.as_bytes();
    std::array::from_fn(|t| {
        let letter = text.get(t).unwrap_or(&b' ');
        LETTERS.map(|l| f32::from(l == *letter))
    })
}

fn decode(rows: &[[f32; 12]]) -> String {
    let largest = |row: &[f32; 12]| {
        (0..12)
            .max_by(|&a, &b| row[a].total_cmp(&row[b]))
            .unwrap_or(0)
    };
    rows.iter()
        .map(|row| char::from(LETTERS[largest(row)]))
        .collect()
}

fn main() -> Result<(), Error> {
    common::no_arguments(include_str!("addition.rs"));
    // All sums of two numbers below 100, in a random order; the question backwards, as those who found this out do it.
    let mut sums: Vec<(u32, u32)> = (0..10_000).map(|i| (i / 100, i % 100)).collect();
    common::generator(0).shuffle(&mut sums);
    let question = |(a, b): (u32, u32)| format!("{:<5}", format!("{a}+{b}"));
    let x: Vec<[[f32; 12]; QUESTION]> = sums
        .iter()
        .map(|&sum| encode(&question(sum).chars().rev().collect::<String>()))
        .collect();
    let y: Vec<[[f32; 12]; ANSWER]> = sums
        .iter()
        .map(|(a, b)| encode(&(a + b).to_string()))
        .collect();
    let ((x_train, x_val), (y_train, y_val)) = (x.split_at(8000), y.split_at(8000));

    let mut model = compile!(
        Addition::new(0),
        loss = "categorical_crossentropy",
        optimizer = Adam(0.003, clipnorm = 1.0),
        metrics = ["accuracy"],
    );
    let fit = Fit::new().batch_size(64).epochs(30).verbose(2);
    let history = model.fit(x_train, y_train, fit.validation_data(x_val, y_val))?;

    let guesses = model.predict(x_val)?;
    let right = guesses
        .iter()
        .zip(y_val)
        .filter(|(guess, y)| decode(&guess[..]) == decode(&y[..]))
        .count();
    for (guess, &(a, b)) in guesses.iter().zip(&sums[8000..]).take(5) {
        println!("{a} + {b} = {}", decode(guess));
    }
    println!(
        "{right} of {} new sums are right in all digits",
        x_val.len()
    );
    assert!(
        history.last("val_accuracy") > Some(0.95),
        "it was not learned"
    );
    Ok(())
}
