// The second example of the README: what the compiler computes, with named constants.
use kseq::prelude::*;

const HIDDEN: usize = 256;

sequential! {
    pub Encoder = [
        Dense(HIDDEN, activation = "relu", input_shape = (28, 28)),
        Flatten(),
        Dense(64, input_shape = (HIDDEN,)),
    ]
}

fn main() {}
