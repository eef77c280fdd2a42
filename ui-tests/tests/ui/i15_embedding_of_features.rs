// I15: tokens of any number that are declared as features.
use kseq::prelude::*;

sequential! {
    pub Features = [Input(shape = (None,)), Embedding(1000, 16), LSTM(8)];
    pub Tokens = [Input(shape = (None,), dtype = "int32"), LSTM(8)];
    pub Late = [Embedding(1000, 16), Embedding(16, 4), LSTM(8)];
}

fn main() {}
