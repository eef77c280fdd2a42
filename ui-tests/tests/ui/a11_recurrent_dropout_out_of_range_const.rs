// A11: percents instead of shares, in a constant far away.
use kseq::prelude::*;

const PERCENT: f32 = 20.0;

sequential! { pub Net = [LSTM(8, dropout = PERCENT, recurrent_dropout = -PERCENT, input_shape = (5, 3)), Dense(1)] }

fn main() {}
