// A3: a later layer declares an input that the layer before does not give. Keras ignores it.
use kseq::prelude::*;

const HIDDEN: usize = 32;

sequential! {
    pub Net = [
        Dense(HIDDEN, input_shape = (784,)),
        Dense(10, input_shape = (64,)),
    ]
}

fn main() {}
