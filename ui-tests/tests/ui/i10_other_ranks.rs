// I10: layers for images behind sequences of any length, and the other way round.
use kseq::prelude::*;

sequential! {
    pub Image = [LSTM(8, input_shape = (None, 16), return_sequences = true), Conv2D(8, 3)];
    pub Pooled = [Conv2D(8, 3, input_shape = (None, None, 3)), GlobalAveragePooling1D()];
    pub Sequence = [Conv2D(8, 3, input_shape = (None, None, 3)), LSTM(8)];
    pub Last = [Embedding(1000, 16), LSTM(8), LSTM(8)];
    pub Words = [LSTM(8, input_shape = (None,))];
}

fn main() {}
