// A5: a slip of the pen. Python finds it when the line runs.
use kseq::prelude::*;

sequential! { pub Net = [Dens(32, input_shape = (784,))] }

fn main() {}
