// B7: two LSTMs, and the first one gives only its last output.
use kseq::prelude::*;

sequential! {
    pub Net = [
        LSTM(32, input_shape = (8, 16)),
        LSTM(32),
        Dense(10, activation = "softmax"),
    ]
}

fn main() {}
