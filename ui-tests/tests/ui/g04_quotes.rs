// G4: strings in single quotes.
use kseq::prelude::*;

sequential! { pub Net = [Dense(10, activation = 'relu', input_shape = (3,)), Dense(2, 'softmax')] }

fn main() {}
