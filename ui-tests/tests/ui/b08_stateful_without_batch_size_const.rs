// B8: the same, with the flag as a named constant and on a GRU.
use kseq::prelude::*;

const STATEFUL: bool = true;

sequential! { pub Net = [GRU(32, stateful = STATEFUL, input_shape = (8, 16)), Dense(10)] }

fn main() {}
