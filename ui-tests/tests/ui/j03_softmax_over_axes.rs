// J3: a softmax over axes that there are not, and over one unit.
use kseq::prelude::*;

sequential! { pub Beyond = [Softmax(axis = 3, input_shape = (4, 5))] }
sequential! { pub Batch = [Softmax(axis = 0, input_shape = (4, 5))] }
sequential! { pub Twice = [Softmax(axis = (1, -2), input_shape = (4, 5))] }
sequential! { pub OneUnit = [Dense(1, input_dim = 4), Softmax()] }

fn main() {}
