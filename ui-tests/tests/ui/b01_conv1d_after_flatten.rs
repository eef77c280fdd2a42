// B1: a convolution after the vector has been made.
use kseq::prelude::*;

sequential! { pub Net = [Flatten(input_shape = (80, 4)), Conv1D(64, 3)] }

fn main() {}
