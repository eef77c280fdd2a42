// I6: the same with named sizes.
use kseq::prelude::*;

const UNITS: usize = 8;

sequential! { pub Vector = [Dense(UNITS, input_shape = (None,)), Dense(UNITS)] }

fn main() {}
