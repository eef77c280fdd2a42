// I2: a vector of any length has no weights behind it.
use kseq::prelude::*;

sequential! {
    pub Sequence = [Conv1D(8, 3, input_shape = (None, 16)), Flatten(), Dense(1)];
    pub Image = [Conv2D(8, 3, input_shape = (None, None, 3)), MaxPooling2D(2), Flatten(), Dense(10)];
    pub Words = [Embedding(1000, 16), Flatten(), Dense(1)];
}

fn main() {}
