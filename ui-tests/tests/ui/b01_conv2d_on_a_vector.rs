// B1: a digit as 784 numbers given to a convolution of images.
use kseq::prelude::*;

sequential! { pub Net = [Conv2D(32, 3, input_shape = (784,))] }

fn main() {}
