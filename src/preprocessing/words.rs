//! The words of a text.

use std::borrow::Cow;
use std::string::{String, ToString};
use std::vec::Vec;

/// What separates words by default: all punctuation but the apostrophe, tab and new line.
pub const FILTERS: &str = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// The words of a text: in lower case if `lower`, between spaces and the characters of `filters`.
///
/// ```
/// use kseq::preprocessing::text::{FILTERS, text_to_word_sequence};
/// let words = text_to_word_sequence("It's  a well-made film!", FILTERS, true);
/// assert_eq!(words, ["it's", "a", "well", "made", "film"]);
/// ```
#[must_use]
pub fn text_to_word_sequence(text: &str, filters: &str, lower: bool) -> Vec<String> {
    let text = lowered(text, lower);
    let words = split(&text, |c| filters.contains(c));
    words.map(ToString::to_string).collect()
}

pub(super) fn lowered(text: &str, lower: bool) -> Cow<'_, str> {
    match lower {
        true => text.to_lowercase().into(),
        false => text.into(),
    }
}

pub(super) fn split(text: &str, separates: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c| c == ' ' || separates(c))
        .filter(|word| !word.is_empty())
}
