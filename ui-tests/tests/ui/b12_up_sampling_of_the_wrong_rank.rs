// B12: a vector enlarged as an image: the Reshape before it is missing (a generator of images begins like this).
use kseq::prelude::*;

const SIDE: usize = 7;

sequential! {
    pub Generator = [
        Dense(128 * SIDE * SIDE, activation = "relu", input_dim = 100),
        UpSampling2D(size = (2, 2)),
        Conv2D(64, 5, padding = "same"),
    ]
}

fn main() {}
