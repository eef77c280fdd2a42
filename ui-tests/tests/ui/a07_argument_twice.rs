// A7: units by position and by name.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, units = 64, input_shape = (784,))] }

fn main() {}
