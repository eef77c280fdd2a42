//! `keras.preprocessing`: from texts to samples.

mod folders;
mod hashing;
pub mod image;
mod json;
mod md5;
mod picture;
pub mod sequence;
mod skipgrams;
mod string_lookup;
pub mod text;
pub mod timeseries;
mod tokenizer;
mod tokenizer_json;
mod vectorization;
mod words;
