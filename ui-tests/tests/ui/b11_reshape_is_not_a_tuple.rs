// B11: a number where a shape is meant, and a size of 0.
use kseq::prelude::*;

sequential! { pub Net = [Reshape(30, input_shape = (30,)), Reshape((0, -1))] }

fn main() {}
