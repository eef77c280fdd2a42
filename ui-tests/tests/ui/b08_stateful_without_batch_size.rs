// B8: a stateful LSTM that does not know how many samples a batch has.
use kseq::prelude::*;

sequential! {
    pub Net = [
        LSTM(32, return_sequences = true, stateful = true, input_shape = (8, 16)),
        LSTM(32),
        Dense(10, activation = "softmax"),
    ]
}

fn main() {}
