// A6: an argument that Dense does not have.
use kseq::prelude::*;

sequential! { pub Net = [Dense(unit = 32, input_shape = (784,)), Dense(10, activtion = "relu")] }

fn main() {}
