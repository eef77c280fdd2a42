// A13: Keras allows any length; here lengths are fixed.
use kseq::prelude::*;

sequential! { pub Net = [Dense(8, input_shape = (None, 16))] }

fn main() {}
