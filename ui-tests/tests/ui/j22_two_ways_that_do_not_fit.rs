// J22: two ways that go in one direction, or differ in what they give.
use kseq::prelude::*;

sequential! {
    Backwards = [Bidirectional(LSTM(8, go_backwards = true), input_shape = (8, 16))]
    Forwards = [Bidirectional(LSTM(8), backward_layer = GRU(8), input_shape = (8, 16))]
    Last = [Bidirectional(LSTM(8, return_sequences = true), backward_layer = GRU(8, go_backwards = true), input_shape = (8, 16))]
    Units = [Bidirectional(LSTM(8), backward_layer = GRU(4, go_backwards = true), input_shape = (8, 16))]
}

fn main() {
    let _ = (Backwards::new(0), Forwards::new(0), Last::new(0), Units::new(0));
}
