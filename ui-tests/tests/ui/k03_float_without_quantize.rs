// K3: `#[float]` before a layer of a model that is in f32 anyway, with arguments, misspelled, and in a model that is a layer.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(8, activation = "relu", input_shape = (4,)),
        #[float]
        Dense(2),
    ];

    #[quantize]
    pub Twin = [
        #[float(16)]
        Dense(8, activation = "relu", input_shape = (4,)),
        #[flaot]
        Dense(4),
        Sequential([#[float] Dense(3)]),
    ];
}

fn main() {}
