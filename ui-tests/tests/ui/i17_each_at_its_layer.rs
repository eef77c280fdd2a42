// I17: several of them in one model, each at its layer.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Conv1D(8, 3, input_shape = (None, 16)),
        PReLU(),
        LayerNormalization(axis = 1),
        Permute((2, 1)),
        Reshape((4, 4)),
        Flatten(),
        Dense(0),
    ];
}

fn main() {}
