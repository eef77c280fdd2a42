// K4: `#[quantize]` with arguments, twice, and before a layer.
use kseq::prelude::*;

sequential! {
    #[quantize(bits = 8)]
    pub Bits = [Dense(8, activation = "relu", input_shape = (4,))];

    #[quantize = "int8"]
    pub Text = [Dense(8, activation = "relu", input_shape = (4,))];

    #[quantize]
    #[quantize]
    pub Twice = [Dense(8, activation = "relu", input_shape = (4,))];

    pub Layer = [
        #[quantize]
        Dense(8, activation = "relu", input_shape = (4,)),
    ];
}

fn main() {}
