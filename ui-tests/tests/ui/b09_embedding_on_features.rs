// B9: an Embedding behind another layer: its input is features, not tokens.
use kseq::prelude::*;

const WORDS: usize = 1024;

sequential! { pub Net = [Dense(16, input_shape = (80,)), Embedding(WORDS, 256)] }

fn main() {}
