// A layer that Keras has and kseq does not: said as such, not as a slip of the pen.
use kseq::prelude::*;

sequential! { pub Net = [LSTM(32, input_shape = (8, 16))] }

fn main() {}
