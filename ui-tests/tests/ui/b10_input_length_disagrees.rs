// B10: two lengths for one input.
use kseq::prelude::*;

sequential! { pub Net = [Embedding(1024, 256, input_shape = (80,), input_length = 40), Flatten()] }

fn main() {}
