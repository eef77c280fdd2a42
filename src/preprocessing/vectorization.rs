//! Keras's `TextVectorization`: the step before a model. Text is no sample of a model whose shapes are known, so
//! here it is no layer: what it gives goes into `fit` and `predict`.

use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::text::Note;

use super::string_lookup::StringLookup;

/// What [`TextVectorization`] does to a text first; Keras's words.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Standardize {
    /// Nothing.
    None,
    /// `"lower_and_strip_punctuation"`: small letters (of English), and no punctuation.
    #[default]
    LowerAndStripPunctuation,
    /// `"lower"`
    Lower,
    /// `"strip_punctuation"`
    StripPunctuation,
    /// A function.
    By(fn(&str) -> String),
}

/// Where it cuts; Keras's words.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum Split {
    /// Nowhere: a text is one word.
    None,
    /// `"whitespace"`
    #[default]
    Whitespace,
    /// `"character"`
    Character,
    /// A function.
    By(fn(&str) -> Vec<String>),
}

/// What [`TextVectorization::matrix`] says of a word in a text; Keras's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum TextMode {
    /// `"multi_hot"`: 1 if the word is there.
    #[default]
    MultiHot,
    /// `"count"`: how often it is there.
    Count,
    /// `"tf_idf"`: how often, times `ln(1 + texts / (1 + texts with the word))`.
    TfIdf,
}

/// Texts as numbers: standardised, split, and looked up in a vocabulary.
///
/// ```
/// use kseq::preprocessing::text::{TextMode, TextVectorization};
/// let mut vectorize = TextVectorization::new().max_tokens(5);
/// vectorize.adapt(&["The cat, and the dog.", "the dog!"]);
/// assert_eq!(vectorize.get_vocabulary(), ["", "[UNK]", "the", "dog", "cat"]);
///
/// // `output_sequence_length` is the type's: samples for an `Embedding(5, .., mask_zero = True)`.
/// let tokens: Vec<[u32; 4]> = vectorize.call(&["A dog and the cat and the dog"]);
/// assert_eq!(tokens, [[1, 3, 1, 2]]);
/// let counts: Vec<[f32; 4]> = vectorize.matrix(&["the dog and the mouse"], TextMode::Count)?;
/// assert_eq!(counts, [[2.0, 2.0, 1.0, 0.0]]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TextVectorization {
    lookup: StringLookup,
    standardize: Standardize,
    split: Split,
    ngrams: Vec<usize>,
}

impl Default for TextVectorization {
    fn default() -> Self {
        TextVectorization::new()
    }
}

/// What `"strip_punctuation"` takes out.
const PUNCTUATION: &str = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'";

impl TextVectorization {
    /// Keras's defaults: `"lower_and_strip_punctuation"`, `"whitespace"`, single words, all of them.
    pub fn new() -> Self {
        TextVectorization {
            lookup: StringLookup::new().mask_token(""),
            standardize: Standardize::default(),
            split: Split::default(),
            ngrams: Vec::new(),
        }
    }

    /// How many numbers there are at most, padding (0) and the unknown (1) among them.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.lookup = self.lookup.max_tokens(max_tokens);
        self
    }

    /// What is done to a text first.
    pub fn standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Where it is cut.
    pub fn split(mut self, split: Split) -> Self {
        self.split = split;
        self
    }

    /// Of how many neighbouring words tokens are made: `[1, 2]` for single words and pairs, Keras's `ngrams = 2`.
    pub fn ngrams(mut self, widths: &[usize]) -> Self {
        self.ngrams = widths.to_vec();
        self
    }

    /// The words in their order, without padding and the unknown.
    pub fn vocabulary<W: AsRef<str>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.lookup = self.lookup.vocabulary(words);
        self
    }

    fn words(&self, text: &str) -> Vec<String> {
        let strip = |text: &str| text.chars().filter(|c| !PUNCTUATION.contains(*c)).collect();
        let text: String = match self.standardize {
            Standardize::None => text.to_string(),
            Standardize::Lower => text.to_ascii_lowercase(),
            Standardize::StripPunctuation => strip(text),
            Standardize::LowerAndStripPunctuation => strip(&text.to_ascii_lowercase()),
            Standardize::By(by) => by(text),
        };
        let words: Vec<String> = match self.split {
            Split::None => vec![text],
            Split::Whitespace => text
                .split_ascii_whitespace()
                .map(ToString::to_string)
                .collect(),
            Split::Character => text.chars().map(|c| c.to_string()).collect(),
            Split::By(by) => by(&text),
        };
        if self.ngrams.is_empty() {
            return words;
        }
        let widths = self.ngrams.iter().filter(|width| **width > 0);
        widths
            .flat_map(|width| words.windows(*width).map(|some| some.join(" ")))
            .collect()
    }

    /// Learns the vocabulary of texts: the most frequent words first.
    pub fn adapt(&mut self, texts: &[impl AsRef<str>]) {
        let texts: Vec<_> = texts.iter().map(|text| self.words(text.as_ref())).collect();
        self.lookup.learn(texts.into_iter());
    }

    /// `N` numbers for each text: Keras's `output_mode = "int"` with `output_sequence_length = N`. What is longer is cut off at its end,
    /// what is shorter has zeros behind it.
    #[must_use]
    pub fn call<const N: usize>(&self, texts: &[impl AsRef<str>]) -> Vec<[u32; N]> {
        let sequences = self.ragged(texts).into_iter().map(|numbers| {
            let mut sequence = [0; N];
            sequence
                .iter_mut()
                .zip(numbers)
                .for_each(|(to, number)| *to = number);
            sequence
        });
        sequences.collect()
    }

    /// As many numbers for each text as it has words: samples of a model of any length, `input_shape = (None,)`.
    #[must_use]
    pub fn ragged(&self, texts: &[impl AsRef<str>]) -> Vec<Vec<u32>> {
        let numbers = |text: &_| {
            let words = self.words(AsRef::<str>::as_ref(text));
            let places = words.iter().filter_map(|word| self.lookup.place(word));
            places.map(|place| place as u32).collect()
        };
        texts.iter().map(numbers).collect()
    }

    /// A row of `N` values for each text, one for each word, that of the unknown first. (Padding has none.)
    ///
    /// # Errors
    /// `N` is less than [`vocabulary_size`](Self::vocabulary_size), less 1; what is more stays 0 (Keras's `pad_to_max_tokens`).
    pub fn matrix<const N: usize>(
        &self,
        texts: &[impl AsRef<str>],
        mode: TextMode,
    ) -> Result<Vec<[f32; N]>, Error> {
        let needed = self.vocabulary_size() - 1;
        if N < needed {
            let why = Note::new().str("expected rows of at least ").num(needed);
            return Err(Error::Argument {
                name: "matrix",
                why: why.str(" (the words, and the unknown), found ").num(N),
            });
        }
        let idf = &self.lookup.idf;
        let mean = idf.iter().sum::<f32>() / idf.len().max(1) as f32;
        let row = |numbers: Vec<u32>| {
            let mut row = [0.0; N];
            for number in numbers {
                let at = (number as usize).checked_sub(1);
                if let Some(cell) = at.and_then(|at| row.get_mut(at)) {
                    *cell = if mode == TextMode::MultiHot {
                        1.0
                    } else {
                        *cell + 1.0
                    };
                }
            }
            if mode == TextMode::TfIdf {
                let factors = core::iter::once(&mean).chain(idf);
                row.iter_mut()
                    .zip(factors)
                    .for_each(|(cell, idf)| *cell *= idf);
            }
            row
        };
        Ok(self.ragged(texts).into_iter().map(row).collect())
    }

    /// The words in the order of their numbers: padding, `""`, the unknown, `"[UNK]"`, and the vocabulary.
    #[must_use]
    pub fn get_vocabulary(&self) -> Vec<&str> {
        self.lookup.get_vocabulary()
    }

    /// How many numbers there are: an `Embedding`'s `input_dim`.
    #[must_use]
    pub fn vocabulary_size(&self) -> usize {
        self.lookup.vocabulary_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = ["The cat sat, on the mat!", "A dog's mat...", "the DOG sat"];

    fn adapted(vectorize: TextVectorization) -> TextVectorization {
        let mut vectorize = vectorize;
        vectorize.adapt(&TEXTS);
        vectorize
    }

    /// What Keras 3.15.1 learns of these texts, and makes of others.
    #[test]
    fn as_keras_does() {
        let texts = ["the dog sat on a hat", "\u{dc}n\u{ef}code Mat"];
        let vectorize = adapted(TextVectorization::new());
        let words = [
            "", "[UNK]", "the", "sat", "mat", "on", "dogs", "dog", "cat", "a",
        ];
        assert_eq!(vectorize.get_vocabulary(), words);
        assert_eq!(
            vectorize.ragged(&texts),
            [vec![2, 7, 3, 5, 9, 1], vec![1, 4]]
        );
        assert_eq!(vectorize.call(&texts), [[2, 7, 3, 5], [1, 4, 0, 0]]);
        let few = adapted(TextVectorization::new().max_tokens(6));
        assert_eq!(few.get_vocabulary(), &words[..6]);
        assert_eq!(few.ragged(&texts)[0], [2, 1, 3, 5, 1, 1]);
        let lower = adapted(TextVectorization::new().standardize(Standardize::Lower));
        assert_eq!(lower.ragged(&texts)[0], [2, 9, 4, 5, 11, 1]);
        let plain = adapted(TextVectorization::new().standardize(Standardize::None));
        assert_eq!(
            plain.get_vocabulary()[7..],
            ["mat!", "dog's", "cat", "The", "DOG", "A"]
        );
        let stripped = adapted(TextVectorization::new().standardize(Standardize::StripPunctuation));
        assert_eq!(stripped.ragged(&texts)[0], [2, 1, 3, 5, 1, 1]);
        let letters = adapted(TextVectorization::new().split(Split::Character));
        assert_eq!(
            letters.ragged(&texts)[1],
            [1, 12, 1, 13, 6, 11, 8, 2, 9, 4, 3]
        );
        let whole = adapted(TextVectorization::new().split(Split::None));
        assert_eq!(
            whole.get_vocabulary()[2..],
            ["the dog sat", "the cat sat on the mat", "a dogs mat"]
        );
        let pairs = adapted(TextVectorization::new().ngrams(&[1, 2]));
        assert_eq!(
            pairs.ragged(&texts)[0],
            [2, 14, 3, 10, 18, 1, 6, 13, 8, 1, 1]
        );
        let only = adapted(TextVectorization::new().ngrams(&[2]));
        assert_eq!(only.ragged(&texts), [vec![3, 8, 5, 1, 1], vec![1]]);
    }

    #[test]
    fn rows_as_keras_gives_them() {
        let texts = ["the dog sat on a hat", "the the mat"];
        let vectorize = adapted(TextVectorization::new());
        let row = |mode| vectorize.matrix::<9>(&texts, mode).expect("rows of 9");
        assert_eq!(
            row(TextMode::MultiHot)[0],
            [1., 1., 1., 0., 1., 0., 1., 0., 1.]
        );
        assert_eq!(
            row(TextMode::Count)[1],
            [0., 2., 0., 1., 0., 0., 0., 0., 0.]
        );
        use core::f32::consts::LN_2;
        let keras = [0.832_611_9, LN_2, LN_2, 0.0, 0.916_290_76];
        for (row, keras) in row(TextMode::TfIdf)[0].iter().zip(keras) {
            assert!((row - keras).abs() < 1e-6, "{row}, Keras has {keras}");
        }
        assert!(vectorize.matrix::<8>(&texts, TextMode::Count).is_err());
        assert_eq!(
            vectorize
                .matrix::<12>(&texts, TextMode::Count)
                .expect("room")[1][9..],
            [0.0; 3]
        );
    }
}
