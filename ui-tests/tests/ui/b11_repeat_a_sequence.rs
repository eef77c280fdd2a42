// B11: RepeatVector behind a layer that still gives a sequence.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, input_shape = (10, 16)), RepeatVector(3)] }

fn main() {}
