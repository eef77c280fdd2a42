// A3: an `Input` and an `input_shape` that say different things.
use kseq::prelude::*;

sequential! { pub Net = [Input(shape = (4,)), Dense(2, input_shape = (5,))] }

fn main() {}
