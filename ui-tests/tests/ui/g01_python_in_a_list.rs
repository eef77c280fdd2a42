// G1: what is Python and no Rust in a list: each is one mistake.
use kseq::prelude::*;

sequential! {
    pub Comment = [
        Dense(10, input_shape = (3,)), # the hidden layer
        Dense(2),
    ];
}
sequential! {
    pub Shape = [Dense(10, input_shape = x_train.shape[1:])];
    pub Kwargs = [Dense(10, input_shape = (3,), **options)];
    pub Power = [Dense(2 ** 5, input_shape = (3,))];
    pub Compared = [Dense(10, activation == "relu", input_shape = (3,))];
    pub Hyphen = [Dense(10, input-dim = 3)];
    pub Lambda = [Dense(10, activation = lambda x: x, input_shape = (3,))];
    pub Not = [Dense(10, use_bias = not True, input_shape = (3,))];
    pub Loop = [Dense(10, input_shape = (3,)), *[Dense(4) for _ in range(3)]];
    pub Nested = [[Dense(10, input_shape = (3,)), Dense(2)]];
    pub Point = [Dropout(.5, input_shape = (3,))];
    pub Ternary = [Dense(10 if True else 5, input_shape = (3,))];
    pub Quotes = [Dense("10", use_bias = "false", input_shape = (3,))];
}

fn main() {}
