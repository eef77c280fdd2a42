// B10: a later layer declares another length than the layer before gives.
use kseq::prelude::*;

const LENGTH: usize = 40;

sequential! {
    pub Net = [
        Embedding(1024, 256, input_length = 80),
        LSTM(32, input_length = LENGTH),
    ]
}

fn main() {}
