//! Keras's `TextVectorization` and `StringLookup`: the step before a model. Text is no sample of a model whose shapes are known, so
//! here they are no layers: what they give goes into `fit` and `predict`.

use std::collections::{BTreeMap, HashMap};
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::text::Note;

/// Words as their places in a vocabulary.
///
/// ```
/// use kseq::preprocessing::text::StringLookup;
/// let lookup = StringLookup::new().vocabulary(["a", "b", "c"]);
/// assert_eq!(lookup.call(&["b", "x", "a"])?, [2, 0, 1]);
/// assert_eq!(lookup.get_vocabulary(), ["[UNK]", "a", "b", "c"]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct StringLookup {
    max_tokens: Option<usize>,
    oov: bool,
    oov_token: String,
    mask_token: Option<String>,
    words: Vec<String>,
    index: HashMap<String, usize>,
    /// `ln(1 + texts / (1 + texts with the word))`, for `"tf_idf"`.
    idf: Vec<f32>,
}

impl Default for StringLookup {
    fn default() -> Self {
        StringLookup::new()
    }
}

impl StringLookup {
    /// Keras's defaults: all words, one place for those that are unknown, `"[UNK]"`, no padding.
    pub fn new() -> Self {
        StringLookup {
            max_tokens: None,
            oov: true,
            oov_token: "[UNK]".to_string(),
            mask_token: None,
            words: Vec::new(),
            index: HashMap::new(),
            idf: Vec::new(),
        }
    }

    /// How many places there are at most, those of padding and of the unknown among them.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// How many places there are for the unknown: 0, and then they are errors, or 1, of more of which Keras chooses by a hash.
    pub fn num_oov_indices(mut self, one: bool) -> Self {
        self.oov = one;
        self
    }

    /// The word in the place of the unknown.
    pub fn oov_token(mut self, word: &str) -> Self {
        self.oov_token = word.to_string();
        self
    }

    /// The word that is padding, in place 0.
    pub fn mask_token(mut self, word: &str) -> Self {
        self.mask_token = Some(word.to_string());
        self
    }

    /// The words in their order, without padding and the unknown.
    pub fn vocabulary<W: AsRef<str>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.set(
            words
                .into_iter()
                .map(|word| word.as_ref().to_string())
                .collect(),
        );
        self
    }

    fn set(&mut self, words: Vec<String>) {
        self.index = words.iter().cloned().zip(0..).collect();
        self.idf = vec![0.0; words.len()];
        self.words = words;
    }

    /// Learns the vocabulary of some data: the most frequent words first; of two of the same frequency the one that is later in the
    /// alphabet, as in Keras.
    pub fn adapt(&mut self, words: &[impl AsRef<str>]) {
        let words = words.iter().map(|word| vec![word.as_ref().to_string()]);
        self.learn(words);
    }

    /// The same of texts that are already split.
    fn learn(&mut self, texts: impl Iterator<Item = Vec<String>>) {
        // Of each word: how often it is there, in how many texts, and the last of them.
        let mut seen: BTreeMap<String, [usize; 3]> = BTreeMap::new();
        let mut all = 0;
        for text in texts {
            all += 1;
            for word in text {
                let is_special = Some(&word) == self.mask_token.as_ref() || word == self.oov_token;
                if word.is_empty() || is_special {
                    continue;
                }
                let [count, texts, last] = seen.entry(word).or_default();
                *count += 1;
                *texts += usize::from(*last != all);
                *last = all;
            }
        }
        let mut seen: Vec<_> = seen.into_iter().rev().collect();
        seen.sort_by_key(|(_, [count, ..])| core::cmp::Reverse(*count)); // stable
        if let Some(max) = self.max_tokens {
            seen.truncate(max.saturating_sub(self.first()));
        }
        let idf = |texts: usize| (1.0 + all as f64 / (1.0 + texts as f64)).ln() as f32;
        let idf = seen.iter().map(|(_, [_, texts, _])| idf(*texts)).collect();
        self.set(seen.into_iter().map(|(word, _)| word).collect());
        self.idf = idf;
    }

    /// The place of the first word.
    fn first(&self) -> usize {
        usize::from(self.mask_token.is_some()) + usize::from(self.oov)
    }

    /// The place of a word.
    fn place(&self, word: &str) -> Option<usize> {
        if self.mask_token.as_deref() == Some(word) {
            return Some(0);
        }
        let unknown = self.oov.then(|| usize::from(self.mask_token.is_some()));
        let known = self.index.get(word).map(|at| self.first() + at);
        known.or(unknown)
    }

    /// The places of words.
    ///
    /// # Errors
    /// A word is not in the vocabulary, and there is no place for it.
    pub fn call(&self, words: &[impl AsRef<str>]) -> Result<Vec<u32>, Error> {
        let place = |(sample, word): (usize, &_)| {
            let word: &str = AsRef::as_ref(word);
            self.place(word).map(|place| place as u32).ok_or_else(|| {
                let note = Note::new()
                    .str("`")
                    .str(word)
                    .str("` is not in the vocabulary");
                Error::Input {
                    sample,
                    element: 0,
                    why: note.str(", and num_oov_indices is 0"),
                }
            })
        };
        words.iter().enumerate().map(place).collect()
    }

    /// The word in a place: Keras's `invert = True`.
    #[must_use]
    pub fn word(&self, place: u32) -> &str {
        let at = (place as usize).checked_sub(self.first());
        let word = at.and_then(|at| self.words.get(at));
        match (word, &self.mask_token) {
            (Some(word), _) => word,
            (None, Some(mask)) if place == 0 => mask,
            (None, _) => &self.oov_token,
        }
    }

    /// The words in the order of their places, padding and the unknown first.
    #[must_use]
    pub fn get_vocabulary(&self) -> Vec<&str> {
        let special = self
            .mask_token
            .iter()
            .chain(self.oov.then_some(&self.oov_token));
        special.chain(&self.words).map(String::as_str).collect()
    }

    /// The number of places.
    #[must_use]
    pub fn vocabulary_size(&self) -> usize {
        self.first() + self.words.len()
    }
}

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
        let keras = [0.832_611_9, 0.693_147_2, 0.693_147_2, 0.0, 0.916_290_76];
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

    #[test]
    fn words_alone() {
        let mut lookup = StringLookup::new();
        lookup.adapt(&["b", "a", "b", "c", "a", "b"]);
        assert_eq!(lookup.get_vocabulary(), ["[UNK]", "b", "a", "c"]);
        assert_eq!(
            lookup.call(&["a", "x", "c"]).expect("a place for x"),
            [2, 0, 3]
        );
        let masked = StringLookup::new().vocabulary(["a", "b"]).mask_token("");
        assert_eq!(
            masked.call(&["", "x", "b"]).expect("a place for x"),
            [0, 1, 3]
        );
        assert_eq!(
            [0, 1, 2, 9].map(|place| masked.word(place)),
            ["", "[UNK]", "a", "[UNK]"]
        );
        let strict = StringLookup::new().num_oov_indices(false).vocabulary(["a"]);
        assert!(strict.call(&["a"]).is_ok() && strict.call(&["x"]).is_err());
    }
}
