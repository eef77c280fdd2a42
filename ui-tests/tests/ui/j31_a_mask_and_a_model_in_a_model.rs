// Padding is masked before a model that is a layer, and in one whose layers behind it count on that.
use kseq::prelude::*;

sequential! { pub Encoder = [LSTM(8, input_shape = (20, 4))] }

sequential! { pub Outside = [
    Masking(input_shape = (20, 4)),
    Encoder,
    Dense(1),
] }

sequential! { pub Inside = [
    Sequential([Masking(input_shape = (20, 4)), Dense(3)]),
    LSTM(8),
] }

fn main() {}
