// I1: `None` behind an axis with a size, and three of them.
use kseq::prelude::*;

sequential! {
    pub Features = [LSTM(8, input_shape = (100, None))];
    pub Width = [Conv2D(8, 3, input_shape = (28, None, 1))];
    pub Batch = [LSTM(8, batch_input_shape = (4, 100, None))];
    pub Video = [Dense(8, input_shape = (None, None, None, 3))];
}

fn main() {}
