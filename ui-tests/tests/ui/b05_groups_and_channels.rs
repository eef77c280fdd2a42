// B5: three groups of 32 channels.
use kseq::prelude::*;

sequential! { pub Net = [Conv2D(32, 3, input_shape = (28, 28, 1)), Conv2D(64, 3, groups = 3)] }

fn main() {}
