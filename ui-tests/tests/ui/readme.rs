// The example of the README: a slip of the pen, and a rate that is none.
use kseq::prelude::*;

sequential! {
    pub MnistMlp = [
        Dense(512, activation = "rellu", input_shape = (784,)),
        Dropout(0.2),
        Dense(10, activatoin = "softmax"),
    ]
}

fn main() {}
