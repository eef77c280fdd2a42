// B2: the kernel fits, but not when it is dilated; with named constants.
use kseq::prelude::*;

const KERNEL: usize = 5;
const RATE: usize = 4;

sequential! { pub Net = [Conv1D(8, KERNEL, dilation_rate = RATE, input_shape = (16, 3))] }

fn main() {}
