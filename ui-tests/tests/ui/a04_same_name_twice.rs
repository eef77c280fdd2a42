// A4: two layers of one name.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(32, input_shape = (784,), name = "encoder"),
        Dense(32, name = "encoder"),
    ]
}

fn main() {}
