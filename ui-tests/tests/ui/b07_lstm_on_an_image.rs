// B7: an image straight into an LSTM.
use kseq::prelude::*;

sequential! { pub Net = [LSTM(32, input_shape = (28, 28, 1)), Dense(10)] }

fn main() {}
