// A10: steps of 0, as a named constant.
use kseq::prelude::*;

const STEP: usize = 0;

sequential! { pub Net = [MaxPooling2D((2, 2), strides = STEP, input_shape = (8, 8, 1))] }

fn main() {}
