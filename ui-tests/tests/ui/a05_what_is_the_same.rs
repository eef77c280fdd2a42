// A5: layers that kseq does not have: what is the same is said only if it is the same.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(10, input_shape = (3,)),
        ReLU(),
        ReLU(max_value = 6),
        ReLU(max_value = 4),
        LeakyReLU(),
        LeakyReLU(0.2),
        ELU(alpha = 0.5),
    ]
}

fn main() {}
