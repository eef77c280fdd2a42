//! Keras 2's `Tokenizer`: words as numbers, by frequency.

use std::collections::HashMap;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use kseq_core::error::Error;
use kseq_core::text::Note;

use super::words::{FILTERS, lowered, split};

/// What a cell of [`Tokenizer::texts_to_matrix`] says of a word in a text; Keras's modes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Mode {
    /// `"binary"`: 1 if the word is there.
    #[default]
    Binary,
    /// `"count"`: how often it is there.
    Count,
    /// `"freq"`: its count, divided by the number of words of the text (those that have a number).
    Freq,
    /// `"tfidf"`: `(1 + ln count) ln(1 + texts / (1 + texts with the word))`, where the texts are
    /// those that the tokenizer was fitted on.
    Tfidf,
}

/// Words (or characters) as numbers from 1, the most frequent first; 0 stands for none.
///
/// Of two words of the same frequency the one seen first comes first.
///
/// ```
/// use kseq::preprocessing::text::{Mode, Tokenizer};
/// let mut tokenizer = Tokenizer::new().num_words(4).oov_token("<unknown>");
/// tokenizer.fit_on_texts(&["the cat and the dog", "The dog!"]);
/// assert_eq!(tokenizer.word_index("<unknown>"), Some(1));
/// assert_eq!(tokenizer.word_index("the"), Some(2)); // three times
/// assert_eq!(tokenizer.word_index("dog"), Some(3)); // twice
/// assert_eq!(tokenizer.word_index("cat"), Some(4)); // beyond num_words: not used
///
/// let tokens = tokenizer.texts_to_sequences(&["the black dog, the cat"]);
/// assert_eq!(tokens, [[2, 1, 3, 2, 1]]);
/// let counts: Vec<[f32; 4]> = tokenizer.texts_to_matrix(&["the black dog, the cat"], Mode::Count)?;
/// assert_eq!(counts, [[0.0, 2.0, 2.0, 1.0]]);
/// # Ok::<(), kseq::error::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Tokenizer {
    pub(super) num_words: Option<usize>,
    pub(super) rules: Rules,
    pub(super) oov_token: Option<String>,
    pub(super) document_count: usize,
    /// In the order in which they were first seen.
    pub(super) words: Vec<Word>,
    /// Where a word is in `words`.
    pub(super) seen: HashMap<String, usize>,
    pub(super) index: HashMap<String, u32>,
    /// The words by number, less 1.
    pub(super) ordered: Vec<String>,
    /// How many sequences have a number, of those that `fit_on_sequences` was given.
    pub(super) sequences: HashMap<u32, usize>,
}

/// What of a text is a token.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) separators: Separators,
    pub(super) lower: bool,
    pub(super) char_level: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Separators {
    Chars(String),
    By(fn(char) -> bool),
}

impl Rules {
    fn for_each(&self, text: &str, mut take: impl FnMut(&str)) {
        let text = lowered(text, self.lower);
        if self.char_level {
            let mut utf8 = [0; 4];
            text.chars().for_each(|c| take(c.encode_utf8(&mut utf8)));
            return;
        }
        let words = split(&text, |c| match &self.separators {
            Separators::Chars(chars) => chars.contains(c),
            Separators::By(separates) => separates(c),
        });
        words.for_each(take);
    }
}

#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) word: String,
    pub(super) count: usize,
    /// The texts that have it, and the last of them, to count each once.
    pub(super) texts: usize,
    pub(super) last_text: usize,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Tokenizer::new()
    }
}

impl Tokenizer {
    /// Keras's defaults: all words, [`FILTERS`], lower case, words and not characters, no token for
    /// the unknown.
    pub fn new() -> Self {
        Tokenizer {
            num_words: None,
            rules: Rules {
                separators: Separators::Chars(FILTERS.to_string()),
                lower: true,
                char_level: false,
            },
            oov_token: None,
            document_count: 0,
            words: Vec::new(),
            seen: HashMap::new(),
            index: HashMap::new(),
            ordered: Vec::new(),
            sequences: HashMap::new(),
        }
    }

    /// Uses only numbers less than this one: the `num_words - 1` most frequent words, or with an
    /// `oov_token` that one and `num_words - 2` words. As in Keras, 0 means all words.
    pub fn num_words(mut self, num_words: usize) -> Self {
        self.num_words = Some(num_words).filter(|&n| n > 0);
        self
    }

    /// The characters that separate words, besides the space. Default [`FILTERS`].
    pub fn filters(mut self, filters: &str) -> Self {
        self.rules.separators = Separators::Chars(filters.to_string());
        self
    }

    /// As [`filters`](Tokenizer::filters), by a question: for "a word is `[a-z0-9']+`".
    ///
    /// ```
    /// use kseq::preprocessing::text::Tokenizer;
    /// let mut tokenizer =
    ///     Tokenizer::new().filters_by(|c| !matches!(c, 'a'..='z' | '0'..='9' | '\''));
    /// tokenizer.fit_on_texts(&["A soufflé – it's 2 eggs"]);
    /// assert_eq!(tokenizer.words(), ["a", "souffl", "it's", "2", "eggs"]);
    /// ```
    pub fn filters_by(mut self, separates: fn(char) -> bool) -> Self {
        self.rules.separators = Separators::By(separates);
        self
    }

    /// Whether texts are put in lower case first. Default true.
    pub fn lower(mut self, lower: bool) -> Self {
        self.rules.lower = lower;
        self
    }

    /// Whether every character is a token, spaces and punctuation too. Default false.
    pub fn char_level(mut self, char_level: bool) -> Self {
        self.rules.char_level = char_level;
        self
    }

    /// The token that stands for every word without a number, which otherwise is left out. It gets
    /// the number 1.
    pub fn oov_token(mut self, oov_token: &str) -> Self {
        self.oov_token = Some(oov_token.to_string());
        self
    }

    /// Counts the words of these texts, besides those of earlier calls, and numbers them.
    pub fn fit_on_texts(&mut self, texts: &[impl AsRef<str>]) {
        for text in texts {
            self.document_count += 1;
            let text_number = self.document_count;
            self.rules.for_each(text.as_ref(), |word| {
                let at = match self.seen.get(word) {
                    Some(&at) => at,
                    None => {
                        self.seen.insert(word.to_string(), self.words.len());
                        self.words.push(Word {
                            word: word.to_string(),
                            count: 0,
                            texts: 0,
                            last_text: 0,
                        });
                        self.words.len() - 1
                    }
                };
                let Some(word) = self.words.get_mut(at) else {
                    return;
                };
                word.count += 1;
                if word.last_text != text_number {
                    word.last_text = text_number;
                    word.texts += 1;
                }
            });
        }
        self.number();
    }

    /// Numbers the words by their counts.
    pub(super) fn number(&mut self) {
        let mut by_count: Vec<&Word> = self.words.iter().collect();
        by_count.sort_by_key(|word| core::cmp::Reverse(word.count)); // stable: first seen first
        let words = by_count.into_iter().map(|word| word.word.clone());
        self.ordered = self.oov_token.iter().cloned().chain(words).collect();
        self.index = self.ordered.iter().cloned().zip(1..).collect();
    }

    /// Counts in how many of these sequences each number is, for [`Mode::Tfidf`], besides the texts of earlier calls.
    pub fn fit_on_sequences(&mut self, sequences: &[impl AsRef<[u32]>]) {
        self.document_count += sequences.len();
        for sequence in sequences {
            let mut numbers = sequence.as_ref().to_vec();
            numbers.sort_unstable();
            numbers.dedup();
            for number in numbers {
                *self.sequences.entry(number).or_default() += 1;
            }
        }
    }

    /// How often each word was seen, in the order in which they were first seen: Keras's `word_counts`.
    pub fn word_counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.words
            .iter()
            .map(|word| (word.word.as_str(), word.count))
    }

    /// In how many texts each word was seen, in the same order: Keras's `word_docs`.
    pub fn word_docs(&self) -> impl Iterator<Item = (&str, usize)> {
        self.words
            .iter()
            .map(|word| (word.word.as_str(), word.texts))
    }

    /// The number of a word, whether or not `num_words` leaves it out: Keras's `word_index[word]`.
    #[must_use]
    pub fn word_index(&self, word: &str) -> Option<u32> {
        self.index.get(word).copied()
    }

    /// All words in the order of their numbers, the first of which is 1.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.ordered
    }

    /// The number of texts that it was fitted on.
    #[must_use]
    pub fn document_count(&self) -> usize {
        self.document_count
    }

    /// The numbers of the words of each text. A word without a number below `num_words` becomes the
    /// `oov_token`, or is left out if there is none.
    #[must_use]
    pub fn texts_to_sequences(&self, texts: &[impl AsRef<str>]) -> Vec<Vec<u32>> {
        let texts = texts.iter().map(|text| self.sequence(text.as_ref()));
        texts.collect()
    }

    fn sequence(&self, text: &str) -> Vec<u32> {
        let unknown = self.oov_token.as_ref();
        let unknown = unknown.and_then(|oov| self.index.get(oov)).copied();
        let used = |&index: &u32| self.num_words.is_none_or(|n| (index as usize) < n);
        let mut sequence = Vec::new();
        self.rules.for_each(text, |word| {
            sequence.extend(self.index.get(word).copied().filter(used).or(unknown));
        });
        sequence
    }

    /// The words of numbers, with a space between them. A number without a word, or beyond `num_words`, becomes the
    /// `oov_token`, or is left out if there is none.
    ///
    /// ```
    /// use kseq::preprocessing::text::Tokenizer;
    /// let mut tokenizer = Tokenizer::new();
    /// tokenizer.fit_on_texts(&["the cat and the dog"]);
    /// assert_eq!(tokenizer.sequences_to_texts(&[[1, 4, 99]]), ["the dog"]);
    /// ```
    #[must_use]
    pub fn sequences_to_texts(&self, sequences: &[impl AsRef<[u32]>]) -> Vec<String> {
        let word = |number: &u32| {
            let used = self.num_words.is_none_or(|n| (*number as usize) < n);
            let word = self.ordered.get((*number as usize).wrapping_sub(1));
            word.filter(|_| used).or(self.oov_token.as_ref())
        };
        let text = |sequence: &[u32]| {
            let words: Vec<&str> = sequence
                .iter()
                .filter_map(word)
                .map(String::as_str)
                .collect();
            words.join(" ")
        };
        sequences
            .iter()
            .map(|sequence| text(sequence.as_ref()))
            .collect()
    }

    /// A row of `N` cells for each text, one cell for each number; cell 0 stays 0.
    ///
    /// # Errors
    /// `N` is neither `num_words` nor, without it, the number of words and one more.
    pub fn texts_to_matrix<const N: usize>(
        &self,
        texts: &[impl AsRef<str>],
        mode: Mode,
    ) -> Result<Vec<[f32; N]>, Error> {
        self.rows("texts_to_matrix", &self.texts_to_sequences(texts), mode)
    }

    /// The same for numbers; those that are not less than `N` are left out.
    ///
    /// # Errors
    /// As [`texts_to_matrix`](Tokenizer::texts_to_matrix).
    pub fn sequences_to_matrix<const N: usize>(
        &self,
        sequences: &[impl AsRef<[u32]>],
        mode: Mode,
    ) -> Result<Vec<[f32; N]>, Error> {
        self.rows("sequences_to_matrix", sequences, mode)
    }

    fn rows<const N: usize>(
        &self,
        name: &'static str,
        sequences: &[impl AsRef<[u32]>],
        mode: Mode,
    ) -> Result<Vec<[f32; N]>, Error> {
        let expected = self.num_words.unwrap_or(self.ordered.len() + 1);
        if N != expected {
            let why = Note::new().str("expected rows of ").num(expected);
            let why = match self.num_words {
                Some(_) => why.str(" (num_words), found "),
                None => why.str(" (all words, and 0), found "),
            };
            return Err(Error::Argument {
                name,
                why: why.num(N),
            });
        }
        let mut rows = vec![[0.0; N]; sequences.len()];
        for (row, sequence) in rows.iter_mut().zip(sequences) {
            let sequence = sequence.as_ref();
            for &index in sequence {
                if let Some(cell) = row.get_mut(index as usize) {
                    *cell += 1.0;
                }
            }
            let words = sequence.len() as f32;
            for (index, cell) in row.iter_mut().enumerate().filter(|(_, cell)| **cell > 0.0) {
                *cell = match mode {
                    Mode::Binary => 1.0,
                    Mode::Count => *cell,
                    Mode::Freq => *cell / words,
                    Mode::Tfidf => self.tfidf(index, f64::from(*cell)),
                };
            }
        }
        Ok(rows)
    }

    fn tfidf(&self, index: usize, count: f64) -> f32 {
        let word = self.ordered.get(index.wrapping_sub(1));
        let with_it = word.and_then(|word| self.words.get(*self.seen.get(word)?));
        let with_it = with_it.map_or(0, |word| word.texts);
        let sequences = u32::try_from(index)
            .ok()
            .and_then(|index| self.sequences.get(&index));
        let with_it = with_it + sequences.copied().unwrap_or(0);
        let idf = (1.0 + self.document_count as f64 / (1.0 + with_it as f64)).ln();
        ((1.0 + count.ln()) * idf) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::text_to_word_sequence;
    use super::*;

    const TEXTS: [&str; 3] = ["b a c", "A b, a!", "d"];

    fn fitted(tokenizer: Tokenizer) -> Tokenizer {
        let mut tokenizer = tokenizer;
        tokenizer.fit_on_texts(&TEXTS);
        tokenizer
    }

    #[test]
    fn words_are_ordered_by_count_and_then_by_first_sight() {
        let t = fitted(Tokenizer::new());
        // a: 3, b: 2, c and d once each; c was seen before d.
        assert_eq!(t.words(), ["a", "b", "c", "d"]);
        assert_eq!(t.texts_to_sequences(&["d c x b"]), [[4, 3, 2]]);
        assert_eq!(t.document_count(), 3);
    }

    #[test]
    fn a_second_fit_counts_on() {
        let mut t = fitted(Tokenizer::new());
        t.fit_on_texts(&["d d d", "c"]);
        // d: 4, a: 3, b and c: 2, b seen first.
        assert_eq!(t.words(), ["d", "a", "b", "c"]);
        assert_eq!(t.document_count(), 5);
    }

    #[test]
    fn num_words_and_the_unknown() {
        let t = fitted(Tokenizer::new().num_words(3));
        assert_eq!(t.texts_to_sequences(&["a b c x a"]), [[1, 2, 1]]);
        let t = fitted(Tokenizer::new().num_words(3).oov_token("?!"));
        assert_eq!(t.words()[0], "?!");
        assert_eq!(t.texts_to_sequences(&["a b c x a"]), [[2, 1, 1, 1, 2]]);
        let all = fitted(Tokenizer::new().num_words(0).oov_token("?!"));
        assert_eq!(all.texts_to_sequences(&["a d x"]), [[2, 5, 1]]);
    }

    #[test]
    fn case_filters_and_characters() {
        let t = fitted(Tokenizer::new().lower(false).filters(""));
        assert_eq!(t.words(), ["b", "a", "c", "A", "b,", "a!", "d"]);
        let t = fitted(Tokenizer::new().char_level(true));
        // Spaces: 4, a: 3, b: 2.
        assert_eq!(t.words(), [" ", "a", "b", "c", ",", "!", "d"]);
        assert_eq!(t.texts_to_sequences(&["A é b"]), [[2, 1, 1, 3]]);
        // Only the space, the tab and the new line separate: as Keras, not other white space.
        let words = text_to_word_sequence("a\tb\nc\u{a0}d  e", FILTERS, true);
        assert_eq!(words, ["a", "b", "c\u{a0}d", "e"]);
    }

    #[test]
    fn matrices() {
        let t = fitted(Tokenizer::new());
        let row = |mode| t.texts_to_matrix::<5>(&["a c a x"], mode).unwrap()[0];
        assert_eq!(row(Mode::Binary), [0.0, 1.0, 0.0, 1.0, 0.0]);
        assert_eq!(row(Mode::Count), [0.0, 2.0, 0.0, 1.0, 0.0]);
        // x has no number and does not count.
        assert_eq!(row(Mode::Freq), [0.0, 2.0 / 3.0, 0.0, 1.0 / 3.0, 0.0]);
        // Three texts; a is in two of them, c in one.
        let a = (1.0 + 2f64.ln()) * (1.0 + 3.0 / 3f64).ln();
        let c = (1.0 + 3.0 / 2f64).ln();
        assert_eq!(row(Mode::Tfidf), [0.0, a as f32, 0.0, c as f32, 0.0]);
        assert_eq!(
            t.texts_to_matrix::<5>(&["", "x"], Mode::Freq).unwrap(),
            [[0.0; 5]; 2]
        );
    }

    #[test]
    fn matrices_have_the_width_of_num_words() {
        let t = fitted(Tokenizer::new().num_words(3));
        let rows = t.texts_to_matrix::<3>(&["a b c d"], Mode::Freq).unwrap();
        assert_eq!(rows, [[0.0, 0.5, 0.5]]);
        let error = t.texts_to_matrix::<4>(&["a"], Mode::Binary).unwrap_err();
        assert_eq!(
            error.to_string(),
            "texts_to_matrix: expected rows of 3 (num_words), found 4"
        );
        let t = fitted(Tokenizer::new());
        assert!(t.texts_to_matrix::<4>(&["a"], Mode::Binary).is_err());
    }
}
