// J54: what is counted: intervals that do not ascend, a token twice in a vocabulary, several axes in one vector, no vocabulary; both
// intervals and how many are to be learned, weights that are not as many as tokens, tokens for places in a vector.
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
        IntegerLookup(input_shape = (4,)),
        Dense(10),
    ]
}

sequential! {
    pub Both = [
        Discretization([0.0, 1.0], num_bins = 4, input_shape = (4,)),
        Dense(10),
    ]
    pub Weights = [
        IntegerLookup(vocabulary = [12, 36], idf_weights = [0.5], output_mode = "tf_idf", input_shape = (4,)),
        Dense(10),
    ]
    pub Inverse = [
        IntegerLookup(vocabulary = [12, 36], invert = true, output_mode = "count", input_shape = (4,)),
        Dense(10),
    ]
}

fn main() {}
