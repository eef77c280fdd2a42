// A10: an LSTM without units, as a named constant.
use kseq::prelude::*;

const UNITS: usize = 0;

sequential! { pub Net = [LSTM(UNITS, input_shape = (8, 16))] }

fn main() {}
