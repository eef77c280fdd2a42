// B4: the same on a sequence, with named constants.
use kseq::prelude::*;

const STEP: usize = 2;
const RATE: usize = 3;

sequential! { pub Net = [Conv1D(8, 3, strides = STEP, dilation_rate = RATE, input_shape = (80, 4))] }

fn main() {}
