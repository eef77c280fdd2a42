// A8: a word for a number, a number for a word, a number for a truth value.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense("ten", input_shape = (784,)),
        Dropout("half"),
        Dense(10, activation = 3),
        Dense(10, use_bias = 1),
    ]
}

fn main() {}
