// A10: the same as named constants.
use kseq::prelude::*;

const WORDS: usize = 0;

sequential! { pub Net = [Embedding(WORDS, 8, input_length = 80), Flatten()] }

fn main() {}
