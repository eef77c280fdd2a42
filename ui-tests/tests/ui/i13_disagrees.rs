// I13: a length that is given where the input is of any.
use kseq::prelude::*;

sequential! {
    pub Shape = [Input(shape = (None, 16)), LSTM(8, input_shape = (100, 16))];
    pub Length = [Input(shape = (None,), dtype = "int32"), Embedding(1000, 16, input_length = 100)];
    pub Features = [Dense(8, input_shape = (None, 16)), LSTM(8, input_shape = (None, 16))];
}

fn main() {}
