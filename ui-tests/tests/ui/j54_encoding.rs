// J54: what is counted: intervals that do not ascend, a token twice in a vocabulary, several axes in one vector, no vocabulary.
use kseq::prelude::*;

sequential! {
    pub Intervals = [
        Discretization([0.0, 2.0, 1.0], output_mode = "one_hot", input_shape = (4,)),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Twice = [
        IntegerLookup(vocabulary = [12, 36, 12], output_mode = "count", input_shape = (4,)),
        Dense(10),
    ]
}

sequential! {
    pub Axes = [
        CategoryEncoding(7, input_shape = (4, 2)),
        Dense(10),
    ]
}

sequential! {
    pub Adapted = [
        IntegerLookup(max_tokens = 100, input_shape = (4,)),
        Dense(10),
    ]
}

fn main() {}
