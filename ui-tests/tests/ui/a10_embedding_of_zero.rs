// A10: an empty vocabulary, and no features.
use kseq::prelude::*;

sequential! { pub Net = [Embedding(0, 8, input_length = 80), LSTM(-3)] }

fn main() {}
