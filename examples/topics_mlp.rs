//! The guide's Reuters example: what a text is about, from the bag of its words. Here it is where a
//! sentence comes from: a film review, a product review, an editorial, a tweet.
//!
//! ```sh
//! cargo run --release -p kseq-nn --example topics_mlp -- [--epochs 5] [--seed 0] [--data data/sentences/sentences.tsv] [--samples N]
//! ```

mod common;

use common::{Arguments, SENTENCES};
use kseq::datasets::sentences;
use kseq::prelude::*;
use kseq::preprocessing::text::{Mode, Tokenizer};

/// The 2,000 most frequent words; number 0 is no word.
const COLUMNS: usize = 2001;

sequential! {
    pub Topics = [
        Dense(256, activation = "relu", input_shape = (COLUMNS,)),
        Dropout(0.5),
        Dense(4, activation = "softmax"),
    ]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Arguments::parse(include_str!("topics_mlp.rs"), 5, SENTENCES)?;
    let sentences = sentences::load_data(&args.data)?;
    let classes: Vec<u32> = sentences.iter().map(|s| s.source as u32).collect();
    let texts: Vec<&str> = sentences.iter().map(|s| &*s.text).collect();
    // The last fifth is tested with.
    let split = texts.len() * 4 / 5;
    let train = args.samples(split);

    let mut tokenizer = Tokenizer::new()
        .filters_by(common::not_in_a_word)
        .num_words(COLUMNS);
    tokenizer.fit_on_texts(&texts[..split]);
    let x_train: Vec<[f32; COLUMNS]> = tokenizer.texts_to_matrix(&texts[..train], Mode::Binary)?;
    let x_test: Vec<[f32; COLUMNS]> = tokenizer.texts_to_matrix(&texts[split..], Mode::Binary)?;
    let (y_train, y_test) = (&classes[..train], &classes[split..]);

    let mut model = Topics::new(args.seed).compile(
        Adam::default(),
        SparseCategoricalCrossentropy::default(),
        (Accuracy,),
    );
    model.summary();
    model.fit(
        &x_train,
        y_train,
        Fit::new()
            .batch_size(32)
            .epochs(args.epochs)
            .validation_data(&x_test, y_test),
    )?;
    common::result(model.evaluate(&x_test, y_test)?);
    Ok(())
}
