// J36: mistakes of words and of shapes among the layers of a list in the list: each at its layer, with the layers before.
use kseq::prelude::*;

sequential! {
    pub Words = [
        Dense(32, input_shape = (784,)),
        Sequential([Dense(16, activation = "rellu"), Dense(units = 4, use_bais = false)]),
        Sequential(8),
        Sequential([]),
    ]
    pub Syntax = [
        dense_model,
        Flatten,
        Dense(2, input_shape = (4,)),
    ]
}

sequential! {
    pub Shapes = [
        Dense(32, input_shape = (784,)),
        Sequential([Dense(16), Conv2D(8, 3), Flatten()], name = "features"),
        Sequential([Dense(16), Sequential([Reshape((5, 5)), Flatten()])]),
        Dense(2),
    ]
}

fn main() {}
