// A layer that Keras has and kseq does not: said as such, not as a slip of the pen.
use kseq::prelude::*;

sequential! { pub Net = [ConvLSTM2D(8, (3, 3), input_shape = (4, 28, 28, 1))] }

fn main() {}
