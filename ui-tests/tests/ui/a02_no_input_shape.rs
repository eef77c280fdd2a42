// A2: nobody said what goes in. Keras builds late and fails at `summary` or `predict`.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(32, activation = "relu"),
        Dense(10),
    ]
}

fn main() {}
