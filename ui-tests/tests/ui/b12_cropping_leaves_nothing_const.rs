// B12: the same on a sequence, by a name.
use kseq::prelude::*;

const CUT: usize = 5;

sequential! { pub Net = [Cropping1D(CUT, input_shape = (10, 3))] }

fn main() {}
