// The steps of a sequence are masked one by one.
use kseq::prelude::*;

sequential! { pub Net = [
    Input(shape = (50, 8, 6)),
    TimeDistributed(Masking(mask_value = -1.0)),
    TimeDistributed(LSTM(16)),
    LSTM(16),
] }

fn main() {}
