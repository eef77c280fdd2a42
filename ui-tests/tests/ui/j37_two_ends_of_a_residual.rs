// J37: the two ends of a Residual: what its layers give must have the shape of what they are given.
use kseq::prelude::*;

sequential! {
    pub Units = [Dense(32, input_shape = (784,)), Residual([Dense(64, activation = "relu"), Dense(16)]), Dense(2)]
    pub Valid = [Residual([Conv2D(3, 3, activation = "relu")], input_shape = (28, 28, 3)), Flatten(), Dense(2)]
    pub Last = [LSTM(16, return_sequences = true, input_shape = (10, 4)), Residual([LSTM(16)]), Dense(2)]
    pub Tokens = [Residual([Embedding(100, 8)], input_shape = (20,), dtype = "int32"), Flatten(), Dense(2)]
}

fn main() {}
