// B15: Flatten already took away what is to be averaged.
use kseq::prelude::*;

sequential! { pub Net = [Flatten(input_shape = (10, 16)), GlobalAveragePooling1D()] }

fn main() {}
