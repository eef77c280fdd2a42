//! `keras.preprocessing.text`: words as numbers.
//!
//! `Tokenizer` and its relatives follow Keras 2 (`keras_preprocessing` 1.1.2; Keras 3 has no `Tokenizer`), `TextVectorization` and
//! `StringLookup` Keras 3.15; all are tested against them.

pub use super::folders::{TextFiles, text_files};
pub use super::hashing::{hashing_trick, hashing_trick_by, one_hot};
pub use super::string_lookup::StringLookup;
pub use super::tokenizer::{Mode, Tokenizer};
pub use super::tokenizer_json::tokenizer_from_json;
pub use super::vectorization::{Split, Standardize, TextMode, TextVectorization};
pub use super::words::{FILTERS, text_to_word_sequence};
