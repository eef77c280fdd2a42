// A2: `(784)` is a number in brackets, in Rust as in Python.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, input_shape = (784))] }

fn main() {}
