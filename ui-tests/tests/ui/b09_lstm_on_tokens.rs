// B9: integer tokens straight into an LSTM.
use kseq::prelude::*;

sequential! { pub Net = [Input(shape = (80,), dtype = "int32"), LSTM(16)] }

fn main() {}
