// I4: a sequence of any length, repeated.
use kseq::prelude::*;

sequential! {
    pub Decoder = [GRU(8, input_shape = (None, 16), return_sequences = true), RepeatVector(3), GRU(4)];
    pub Input = [RepeatVector(3, input_shape = (None,))];
}

fn main() {}
