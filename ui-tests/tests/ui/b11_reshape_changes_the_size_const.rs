// B11: the rest cannot be -1 if the rows do not divide it.
use kseq::prelude::*;

const ROWS: usize = 4;

sequential! { pub Net = [Dense(30, input_shape = (7,)), Reshape((ROWS, -1))] }

fn main() {}
