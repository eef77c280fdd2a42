// B14: the axis by its name; 0 is the batch.
use kseq::prelude::*;

const AXIS: isize = 0;

sequential! { pub Net = [LayerNormalization(axis = AXIS, input_shape = (10, 16))] }

fn main() {}
