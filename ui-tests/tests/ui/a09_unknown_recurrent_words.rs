// A9: misspelt words of an LSTM.
use kseq::prelude::*;

sequential! {
    pub Net = [
        LSTM(
            8,
            recurrent_activation = "sigmoidd",
            recurrent_initializer = "ortogonal",
            input_shape = (8, 16),
        ),
    ]
}

fn main() {}
