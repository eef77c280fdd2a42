// A12: the same with literals.
use kseq::prelude::*;

sequential! { pub Net = [Dense(1099511627776, input_dim = 1099511627776)] }

fn main() {}
