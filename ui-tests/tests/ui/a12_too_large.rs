// A12: a kernel larger than any memory.
use kseq::prelude::*;

const WIDE: usize = 1 << 40;

sequential! { pub Net = [Dense(WIDE, input_dim = WIDE)] }

fn main() {}
