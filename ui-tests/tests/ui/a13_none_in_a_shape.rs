// A13: a shape of any length where a layer needs the length.
use kseq::prelude::*;

sequential! {
    pub Flat = [Dense(8, input_shape = (None, 16)), Flatten(), Dense(1)];
    pub Shaped = [Reshape((-1, 4), input_shape = (None, 16))];
    pub Features = [Dense(8, input_shape = (None,))];
    pub Repeated = [LSTM(8, input_shape = (None, 16), return_sequences = true), RepeatVector(3)];
}

fn main() {}
