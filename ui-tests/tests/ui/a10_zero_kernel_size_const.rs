// A10: a kernel of no size, as a named constant.
use kseq::prelude::*;

const KERNEL: usize = 0;

sequential! { pub Net = [Conv2D(32, (3, KERNEL), input_shape = (28, 28, 1))] }

fn main() {}
