// A10: no units at all, as a named constant.
use kseq::prelude::*;

const UNITS: usize = 0;

sequential! { pub Net = [Dense(16, input_shape = (784,)), Dense(UNITS)] }

fn main() {}
