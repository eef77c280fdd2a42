// I12: steps that are of any length themselves, or no steps at all.
use kseq::prelude::*;

sequential! {
    pub Lines = [Conv2D(8, 3, input_shape = (None, None, 3)), TimeDistributed(Flatten()), LSTM(8)];
    pub Tokens = [TimeDistributed(Dense(8), input_shape = (None,))];
}

fn main() {}
