// B19: `#[insist]` takes a softmax over one unit, and nothing else.
use kseq::prelude::*;

sequential! { pub Taken = [Dense(8, input_shape = (4,)), #[insist] Dense(1, activation = "softmax")] }
sequential! { pub Useless = [#[insist] Dense(8, activation = "relu", input_shape = (4,)), #[inline] Dense(1)] }

fn main() {}
