// B1: a convolution of sequences behind one of images.
use kseq::prelude::*;

sequential! { pub Net = [Conv2D(32, 3, input_shape = (28, 28, 1)), Conv1D(64, 3)] }

fn main() {}
