//! Keras's `StringLookup`, before a model: words are no samples, their numbers are.

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
    pub(super) idf: Vec<f32>,
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
    pub(super) fn learn(&mut self, texts: impl Iterator<Item = Vec<String>>) {
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
    pub(super) fn place(&self, word: &str) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
