// A7: more positional arguments than Dropout has.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, input_dim = 784), Dropout(0.2, None, 1, 2)] }

fn main() {}
