//! Words as numbers without a vocabulary.

use std::vec::Vec;

use super::md5::md5;
use super::words::text_to_word_sequence;

/// The words of a text as numbers from 1 to `n - 1`, by their MD5: Keras's `hashing_trick(text, n, "md5", filters, lower)`,
/// with the same numbers in every program. Different words may have the same number. With n below 2 there is no number, and
/// no word.
///
/// ```
/// use kseq::preprocessing::text::{FILTERS, hashing_trick};
/// let numbers = hashing_trick("The cat, the dog", 50, FILTERS, true);
/// assert_eq!(numbers, [43, 32, 43, 2]);
/// ```
#[must_use]
pub fn hashing_trick(text: &str, n: u32, filters: &str, lower: bool) -> Vec<u32> {
    hashing_trick_by(text, n, |word| md5(word.as_bytes()), filters, lower)
}

/// The same by a function of your own.
///
/// ```
/// use kseq::preprocessing::text::{FILTERS, hashing_trick_by};
/// let by_length = |word: &str| word.len() as u128;
/// assert_eq!(hashing_trick_by("a bee sees", 4, by_length, FILTERS, true), [2, 1, 2]);
/// ```
#[must_use]
pub fn hashing_trick_by(
    text: &str,
    n: u32,
    hash_function: impl Fn(&str) -> u128,
    filters: &str,
    lower: bool,
) -> Vec<u32> {
    let Some(numbers) = n.checked_sub(1).filter(|numbers| *numbers > 0) else {
        return Vec::new();
    };
    let words = text_to_word_sequence(text, filters, lower);
    let number =
        |word: &std::string::String| (hash_function(word) % u128::from(numbers)) as u32 + 1;
    words.iter().map(number).collect()
}

/// Keras's `one_hot(text, n, filters, lower)`: no vectors, but the numbers of [`hashing_trick`]. (Keras takes a hash of Python's
/// that is another one in every process.)
#[must_use]
pub fn one_hot(text: &str, n: u32, filters: &str, lower: bool) -> Vec<u32> {
    hashing_trick(text, n, filters, lower)
}
