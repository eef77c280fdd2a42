// B8: the batch size is there, but as Keras writes "any".
use kseq::prelude::*;

sequential! { pub Net = [LSTM(32, stateful = true, batch_input_shape = (None, 8, 16)), Dense(10)] }

fn main() {}
