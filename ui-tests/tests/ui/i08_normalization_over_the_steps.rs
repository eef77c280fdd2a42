// I8: scales for each of any number of steps.
use kseq::prelude::*;

sequential! {
    pub Layer = [Dense(8, input_shape = (None, 16)), LayerNormalization(axis = (1, 2))];
    pub Batch = [Dense(8, input_shape = (None, 16)), BatchNormalization(axis = 1)];
}

fn main() {}
