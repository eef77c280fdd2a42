// J20: what gives several outputs, of which a Sequential's layer has one: both ways apart, the state of a recurrent layer.
use kseq::prelude::*;

sequential! {
    Apart = [Bidirectional(LSTM(8), merge_mode = None, input_shape = (8, 16))]
    State = [LSTM(8, return_state = true, input_shape = (8, 16))]
    Unknown = [Bidirectional(LSTM(8), merge_mode = "cat", input_shape = (8, 16))]
}

fn main() {}
