// A11: Keras 2 took the rate to keep, some think; here as in Keras it is the rate to drop.
use kseq::prelude::*;

sequential! { pub Net = [Dense(32, input_dim = 784), Dropout(1.5), Dropout(-0.1)] }

fn main() {}
