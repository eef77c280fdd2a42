// I11: `None` for the batch size, as `summary()` prints it.
use kseq::prelude::*;

sequential! {
    pub Image = [Conv2D(8, 3, input_shape = (None, 28, 28, 1)), Flatten(), Dense(10)];
    pub Sequence = [LSTM(8, input_shape = (None, 100, 16)), Dense(1)];
    pub Flat = [Flatten(input_shape = (None, 28, 28)), Dense(10)];
    pub Vector = [Reshape((28, 28), input_shape = (None, 784)), LSTM(8)];
}

fn main() {}
