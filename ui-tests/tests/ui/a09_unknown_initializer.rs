// A9: initializers by names that Keras does not know.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(32, kernel_initializer = "glorott", input_shape = (784,)),
        Dense(32, kernel_initializer = "he_nomral", bias_initializer = "zeroes"),
        Dense(10, kernel_initializer = "kaiming"),
    ]
}

fn main() {}
