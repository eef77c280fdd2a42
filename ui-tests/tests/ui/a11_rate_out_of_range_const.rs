// A11: the same with a named constant.
use kseq::prelude::*;

const RATE: f32 = 1.0;

sequential! { pub Net = [Dense(32, input_dim = 784), Dropout(RATE)] }

fn main() {}
