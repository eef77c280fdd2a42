//! The sentences of film reviews: does the writer like the film?

use kseq::datasets::sentences::{self, Source};
use kseq::preprocessing::sequence::{Side, pad_sequences};
use kseq::preprocessing::text::Tokenizer;

use super::{Arguments, not_in_a_word};

/// 0 for padding, 1 for unknown words, and the 5,000 most frequent words.
pub const TOKENS: usize = 5002;
/// The last words of a sentence count.
pub const LENGTH: usize = 40;
/// The sentences to train on; the others, the end of the file, are tested with.
const TRAIN: usize = 8484;

/// Sentences as tokens; 1 where people found them positive, else 0.
pub struct Reviews<X = [u32; LENGTH]> {
    pub x_train: Vec<X>,
    pub y_train: Vec<[f32; 1]>,
    pub x_test: Vec<X>,
    pub y_test: Vec<[f32; 1]>,
}

#[allow(dead_code, reason = "one example of each kind")]
impl Reviews {
    /// Sentences of [`LENGTH`] words: the last ones, behind padding if there are fewer.
    pub fn load(args: &Arguments) -> Result<Self, Box<dyn std::error::Error>> {
        Reviews::of(args, |x| pad_sequences(&x, Side::Pre, Side::Pre))
    }
}

#[allow(dead_code, reason = "one example of each kind")]
impl Reviews<Vec<u32>> {
    /// Sentences as long as they are, up to the last [`LENGTH`] words.
    pub fn of_any_length(args: &Arguments) -> Result<Self, Box<dyn std::error::Error>> {
        let last = |x: Vec<u32>| x[x.len().saturating_sub(LENGTH)..].to_vec();
        Reviews::of(args, |x| x.into_iter().map(last).collect())
    }
}

impl<X: Clone> Reviews<X> {
    fn of(
        args: &Arguments,
        samples: impl FnOnce(Vec<Vec<u32>>) -> Vec<X>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut reviews = sentences::load_data(&args.data)?;
        reviews.retain(|sentence| sentence.source == Source::Movie);
        if reviews.len() <= TRAIN {
            return Err(format!("expected more than {TRAIN} movie sentences").into());
        }
        let texts: Vec<&str> = reviews.iter().map(|s| &*s.text).collect();
        let mut tokenizer = Tokenizer::new()
            .filters_by(not_in_a_word)
            .num_words(TOKENS)
            .oov_token("<unknown>");
        tokenizer.fit_on_texts(&texts[..TRAIN]);

        let x = samples(tokenizer.texts_to_sequences(&texts));
        let likes = reviews.iter().map(|s| [f32::from(s.score > 0.0)]);
        let y: Vec<[f32; 1]> = likes.collect();
        let train = args.samples(TRAIN);
        Ok(Reviews {
            x_train: x[..train].to_vec(),
            y_train: y[..train].to_vec(),
            x_test: x[TRAIN..].to_vec(),
            y_test: y[TRAIN..].to_vec(),
        })
    }
}
