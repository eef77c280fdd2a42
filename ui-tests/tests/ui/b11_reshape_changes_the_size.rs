// B11: 30 values into 4 rows of 8.
use kseq::prelude::*;

sequential! { pub Net = [Dense(30, input_shape = (7,)), Reshape((4, 8))] }

fn main() {}
