//! What comes next in a newspaper? An LSTM reads editorials letter by letter and keeps its state from
//! one batch to the next (`stateful = true`), so that it remembers more than the 50 letters of a
//! sample. In the end it writes.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example char_lstm -- [--epochs 10] [--seed 0] [--data data/sentences/sentences.tsv] [--samples N]
//! ```

mod common;

use common::{Arguments, SENTENCES, generator};
use kseq::datasets::sentences::{self, Source};
use kseq::params::Flat;
use kseq::prelude::*;
use kseq::preprocessing::text::Tokenizer;
use kseq::rng::Rng;

/// The most frequent letters; number 0 is none.
const LETTERS: usize = 80;
/// Places in the text that are read side by side.
const BATCH: usize = 32;
/// Letters of a sample.
const STEPS: usize = 50;
const UNITS: usize = 128;

sequential! {
    /// Reads.
    pub Reader = [
        Embedding(LETTERS, 32, batch_input_shape = (BATCH, STEPS)),
        LSTM(UNITS, return_sequences = true, stateful = true),
        Dense(LETTERS, activation = "softmax"),
    ]
}

sequential! {
    /// The same, for one letter at a time: writes.
    pub Writer = [
        Embedding(LETTERS, 32, batch_input_shape = (1, 1)),
        LSTM(UNITS, return_sequences = true, stateful = true),
        Dense(LETTERS, activation = "softmax"),
    ]
}

type Sample = [u32; STEPS];

/// Samples in the order of their batches: sample `b` of a batch goes on where sample `b` of the batch
/// before has stopped. The targets are the next letters.
fn batches(text: &[u32], batches: usize) -> (Vec<Sample>, Vec<Sample>) {
    let place = (text.len() - 1) / BATCH;
    let mut samples = (Vec::new(), Vec::new());
    for batch in 0..batches.min(place / STEPS) {
        for b in 0..BATCH {
            let start = b * place + batch * STEPS;
            let read = |from: usize| std::array::from_fn(|i| text[from + i]);
            samples.0.push(read(start));
            samples.1.push(read(start + 1));
        }
    }
    samples
}

/// Draws a letter; a low temperature prefers the likely ones.
fn draw(probabilities: &[f32], temperature: f32, rng: &mut Rng) -> u32 {
    let weights = probabilities.iter().map(|p| p.powf(1.0 / temperature));
    let mut rest = rng.uniform() * weights.clone().sum::<f32>();
    for (letter, weight) in weights.enumerate().skip(1) {
        rest -= weight;
        if rest < 0.0 {
            return letter as u32;
        }
    }
    1
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("char_lstm.rs"), 10, SENTENCES)?;
    let mut text = sentences::load_data(&args.data)?;
    text.retain(|sentence| sentence.source == Source::Nyt);
    let text: String = text.iter().flat_map(|s| [&s.text, "\n"]).collect();
    let mut tokenizer = Tokenizer::new()
        .char_level(true)
        .lower(false)
        .num_words(LETTERS);
    tokenizer.fit_on_texts(&[&text]);
    let letters = tokenizer.texts_to_sequences(&[&text]).concat();

    // The last tenth is tested with.
    let (train, test) = letters.split_at(letters.len() * 9 / 10);
    let all = train.len() / BATCH / STEPS;
    let (x_train, y_train) = batches(train, args.samples(all * BATCH).div_ceil(BATCH));
    let (x_test, y_test) = batches(test, all);

    let mut model = Reader::new(args.seed).compile(
        Adam::new(0.005),
        SparseCategoricalCrossentropy::default(),
        (Accuracy,),
    );
    model.summary();
    for epoch in 0..args.epochs {
        // Every epoch begins at the beginning.
        model.reset_states();
        let fit = Fit::new().initial_epoch(epoch).epochs(epoch + 1);
        model.fit(&x_train, &y_train, fit.batch_size(BATCH).shuffle(false))?;
    }
    model.reset_states();
    let scores = model.evaluate(&x_test, &y_test)?;

    let mut writer = Writer::new(args.seed);
    let weights = writer.params_mut().as_f32s_mut();
    weights.copy_from_slice(model.params().as_f32s());
    let rng = &mut generator(args.seed);
    for temperature in [0.5, 0.8] {
        println!("\nAt temperature {temperature}:");
        writer.reset_states();
        // After the end of a sentence.
        let mut letter = tokenizer.word_index("\n").unwrap_or(1);
        let mut written = String::new();
        for _ in 0..400 {
            let y = writer.predict(&[[letter]])?;
            letter = draw(&y[0][0], temperature, rng);
            written += &tokenizer.words()[letter as usize - 1];
        }
        println!("{written}");
    }
    println!();
    common::result(scores);
    Ok(())
}
