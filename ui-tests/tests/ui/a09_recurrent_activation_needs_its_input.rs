// A9: an activation whose derivative an LSTM cannot take from its outputs.
use kseq::prelude::*;

sequential! { pub Net = [LSTM(8, activation = "gelu", input_shape = (8, 16))] }

fn main() {}
