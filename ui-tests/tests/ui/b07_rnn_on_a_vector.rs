// B7: a vector of features, not a sequence.
use kseq::prelude::*;

const FEATURES: usize = 784;

sequential! { pub Net = [SimpleRNN(32, input_shape = (FEATURES,)), Dense(10)] }

fn main() {}
