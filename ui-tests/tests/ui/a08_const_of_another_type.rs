// A8: named constants of types that are no sizes and no numbers.
use kseq::prelude::*;

const UNITS: i32 = 32;
const RATE: f64 = 0.5;
const SHARE: usize = 2;

sequential! {
    pub Net = [
        Dense(UNITS, input_shape = (784,)),
        Dropout(RATE),
        Dropout(SHARE),
        Dense(10, use_bias = SHARE),
    ]
}

fn main() {}
