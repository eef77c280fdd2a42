// A9: a padding that is misspelt, and one that pooling does not have.
use kseq::prelude::*;

sequential! {
    pub Net = [
        MaxPooling1D(2, padding = "sam", input_shape = (8, 1)),
        AveragePooling1D(2, padding = "causal"),
    ]
}

fn main() {}
