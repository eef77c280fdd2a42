// B11: axis 2 is forgotten, and in the second layer the batch axis is counted.
use kseq::prelude::*;

sequential! { pub One = [Permute((1, 3), input_shape = (10, 20, 3))] }

sequential! { pub Two = [Permute((2, 0), input_shape = (10, 20))] }

fn main() {}
