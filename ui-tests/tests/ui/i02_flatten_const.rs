// I2: the same with named sizes.
use kseq::prelude::*;

const WORDS: usize = 1000;
const FEATURES: usize = 16;

sequential! { pub Words = [Embedding(WORDS, FEATURES), Flatten(), Dense(1)] }

fn main() {}
