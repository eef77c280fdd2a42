// A10: no units at all, as a literal.
use kseq::prelude::*;

sequential! { pub Net = [Dense(0, input_shape = (784,))] }

fn main() {}
