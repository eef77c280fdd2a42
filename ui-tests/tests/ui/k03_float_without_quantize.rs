// K3: `#[float]` before a layer of a model that is in f32 anyway, and with arguments.
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
        #[float]
        #[float]
        Dense(4),
        #[flaot]
        Dense(2),
    ];
}

fn main() {}
