// A9: an activation and an initializer that nobody knows.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(32, activation = "rellu", input_shape = (784,)),
        Dense(10, kernel_initializer = "glorott_uniform"),
        Activation("softmaks"),
    ]
}

fn main() {}
