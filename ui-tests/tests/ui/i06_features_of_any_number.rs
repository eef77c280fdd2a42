// I6: weights for features of which nobody knows how many there are.
use kseq::prelude::*;

sequential! {
    pub Vector = [Dense(8, input_shape = (None,))];
    pub Sequence = [LSTM(8, input_shape = (None, None))];
    pub Window = [Conv1D(8, 3, input_shape = (None, None)), GlobalMaxPooling1D(), Dense(1)];
}

fn main() {}
