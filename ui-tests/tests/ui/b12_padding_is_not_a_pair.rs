// B12: three numbers for four sides, and a negative one.
use kseq::prelude::*;

sequential! { pub Net = [ZeroPadding2D((1, 2, 3), input_shape = (28, 28, 1)), Cropping2D(-1)] }

fn main() {}
