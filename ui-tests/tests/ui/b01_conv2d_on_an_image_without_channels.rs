// B1: a grey image of 28 x 28, whose one channel is not an axis.
use kseq::prelude::*;

const SIDE: usize = 28;

sequential! { pub Net = [Conv2D(32, (3, 3), activation = "relu", input_shape = (SIDE, SIDE))] }

fn main() {}
