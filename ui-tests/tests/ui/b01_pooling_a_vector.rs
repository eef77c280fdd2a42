// B1: an image, flattened by habit, and then pooled.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Flatten(input_shape = (28, 28, 1)),
        MaxPooling2D(2),
        Dense(10, activation = "softmax"),
    ]
}

fn main() {}
