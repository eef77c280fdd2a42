//! `keras.preprocessing`: from texts to samples.

pub mod sequence;
pub mod text;
mod vectorization;
