// B3: the same on a sequence, where the size is a constant far away.
use kseq::prelude::*;

const POOL: usize = 100;

sequential! { pub Net = [MaxPooling1D(POOL, input_shape = (80, 16)), Flatten()] }

fn main() {}
