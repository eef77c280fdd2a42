//! The guide's LSTM as it stands there, without `input_length`: sentences as long as they are, beside the same ones padded.
//!
//! A batch holds sentences of one length, and no step of it is padding: over four seeds 1.64 to 1.85 times the samples a second (one
//! thread of an Intel Xeon with AVX-512), and 0.774 of the test sentences right on average, beside 0.775.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example lstm_lengths -- [--epochs 5] [--seed 0] [--data data/sentences/sentences.tsv] [--samples N]
//! ```

mod common;

use std::time::Instant;

use common::reviews::{LENGTH, Reviews, TOKENS};
use common::{Arguments, SENTENCES};
use kseq::prelude::*;

sequential! {
    pub AnyLength = [
        Embedding(TOKENS, output_dim = 64),
        LSTM(64),
        Dropout(0.5),
        Dense(1, activation = "sigmoid"),
    ]
}
sequential! {
    pub Padded = [
        Embedding(TOKENS, output_dim = 64, input_length = LENGTH),
        LSTM(64),
        Dropout(0.5),
        Dense(1, activation = "sigmoid"),
    ]
}

/// Trains, and prints samples a second of training and the accuracy on the test sentences.
macro_rules! train {
    ($model:ident, $reviews:expr, $args:ident) => {{
        let reviews = $reviews;
        let mut model = compile!(
            $model::new($args.seed),
            loss = "binary_crossentropy",
            optimizer = "rmsprop",
            metrics = ["accuracy"],
        );
        let options = Fit::new().batch_size(16).epochs($args.epochs);
        let began = Instant::now();
        model.fit(&reviews.x_train, &reviews.y_train, options)?;
        let seconds = began.elapsed().as_secs_f64();
        let samples = ($args.epochs * reviews.x_train.len()) as f64;
        let scores = model.evaluate(&reviews.x_test, &reviews.y_test)?;
        let name = stringify!($model);
        println!("{name}: {:.0} samples a second", samples / seconds);
        (scores, samples / seconds)
    }};
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("lstm_lengths.rs"), 5, SENTENCES)?;
    let (padded, before) = train!(Padded, Reviews::load(&args)?, args);
    let (scores, rate) = train!(AnyLength, Reviews::of_any_length(&args)?, args);
    let (of_padded,) = padded.metrics;
    let faster = rate / before;
    println!("padded: accuracy {of_padded:.4}; {faster:.2} times as fast without padding");
    common::result(scores);
    Ok(())
}
