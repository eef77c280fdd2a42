// J21: Bidirectional around what reads no sequence, or around a sequence of layers.
use kseq::prelude::*;

sequential! {
    Dense1 = [Bidirectional(Dense(8), input_shape = (8, 16))]
    Steps = [Bidirectional(TimeDistributed(Dense(8)), input_shape = (8, 16))]
    Nothing = [Bidirectional(64, input_shape = (8, 16))]
    Penalty = [Bidirectional(GRU(8, activity_regularizer = "l2"), merge_mode = "sum", input_shape = (8, 16))]
}

fn main() {}
