// J2: what is no activation with arguments, or not with these.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Dense(8, activation = Swish(0.5), input_dim = 4),
        Dense(8, activation = PReLU()),
        Dense(8, activation = LeakyReLU),
        Dense(8, activation = Softmax(axis = 1)),
        Dense(8, activation = ELU(beta = 0.5)),
        Dense(8, activation = ReLU("6")),
        Dense(8, activation = "glu"),
        Activation("threshold"),
    ]
}

fn main() {}
