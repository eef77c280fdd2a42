// I16: a state whose rows nobody counted; the steps may be of any number.
use kseq::prelude::*;

sequential! {
    pub Net = [LSTM(8, input_shape = (None, 16), stateful = true)];
}

fn main() {}
