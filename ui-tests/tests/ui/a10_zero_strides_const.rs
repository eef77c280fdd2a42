// A10: a window that does not move, as a named constant.
use kseq::prelude::*;

const STEP: usize = 0;

sequential! { pub Net = [Conv1D(32, 3, strides = STEP, input_shape = (80, 4))] }

fn main() {}
