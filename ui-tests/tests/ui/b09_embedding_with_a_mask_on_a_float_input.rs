// B9: the Input does not say that the samples are tokens; the Embedding is to mask the padding among them.
use kseq::prelude::*;

sequential! { pub Net = [Input(shape = (80,)), Embedding(1024, 256, mask_zero = True), LSTM(16)] }

fn main() {}
