// A7: a Dense without units.
use kseq::prelude::*;

sequential! { pub Net = [Dense(input_shape = (784,))] }

fn main() {}
