// Tokens with padding, and the normalization of an image model behind the first LSTM: the mask is still there.
use kseq::prelude::*;

const PADDED: bool = true;

sequential! {
    pub Literal = [
        Embedding(1024, 8, mask_zero = True, input_length = 80),
        LSTM(16, return_sequences = True),
        BatchNormalization(),
        LSTM(16),
    ]
}

sequential! {
    pub Named = [
        Embedding(1024, 8, mask_zero = PADDED, input_length = 80),
        BatchNormalization(name = "norm"),
        LSTM(16),
    ]
}

fn main() {}
