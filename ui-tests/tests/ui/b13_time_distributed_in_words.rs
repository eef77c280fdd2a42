// B13: what stands in a TimeDistributed is a layer of Keras, and its arguments are checked as those of any other.
use kseq::prelude::*;

sequential! {
    pub Net = [
        TimeDistributed(8, input_shape = (10, 16)),
        TimeDistributed(Dense(8, activation = "rellu", input_shape = (16,))),
        TimeDistributed(Dense(8, activity_regularizer = "l2")),
        TimeDistributed(LSTM(8, stateful = True)),
        TimeDistributed(),
    ]
}

fn main() {}
