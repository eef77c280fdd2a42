// I3: a sequence of any length in another shape.
use kseq::prelude::*;

sequential! {
    pub Square = [Dense(16, input_shape = (None, 16)), Reshape((4, 4)), Flatten(), Dense(3)];
    pub Rest = [Reshape((-1, 4), input_shape = (None, 16)), LSTM(8)];
    pub Size = [Reshape((None, 4), input_shape = (16,))];
}

fn main() {}
