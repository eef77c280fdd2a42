// B14: axes of PReLU counted from 0, or with the batch among them; Keras counts from 1, without the batch.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Conv2D(8, 3, input_shape = (28, 28, 1)),
        PReLU(shared_axes = [0, 1]),
        Flatten(),
        Dense(4),
        PReLU(shared_axes = 2),
        Dense(10),
    ]
}

fn main() {}
