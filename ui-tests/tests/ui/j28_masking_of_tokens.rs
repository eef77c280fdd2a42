// Padded tokens, and the mask is asked of them before they are numbers.
use kseq::prelude::*;

sequential! { pub Net = [
    Input(shape = (80,), dtype = "int32"),
    Masking(mask_value = 0.0),
    Embedding(1024, 8),
    LSTM(16),
] }

fn main() {}
