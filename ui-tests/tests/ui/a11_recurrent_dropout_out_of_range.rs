// A11: percents instead of shares.
use kseq::prelude::*;

const RATE: f32 = 20.0;

sequential! { pub Net = [LSTM(8, dropout = 1.5, recurrent_dropout = RATE, input_shape = (8, 16))] }

fn main() {}
