// A10: an input axis of size 0.
use kseq::prelude::*;

const FEATURES: usize = 0;

sequential! { pub Net = [Dense(3, input_shape = (28, FEATURES))] }

fn main() {}
