// A10: a negative number of units.
use kseq::prelude::*;

sequential! { pub Net = [Dense(-3, input_shape = (784,))] }

fn main() {}
