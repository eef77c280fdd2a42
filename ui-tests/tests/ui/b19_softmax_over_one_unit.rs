// B19: the softmax of one unit is 1.
use kseq::prelude::*;

sequential! { pub Last = [Dense(8, input_shape = (4,)), Dense(1, activation = "softmax")] }
sequential! { pub Within = [Dense(1, input_shape = (4,)), Activation("softmax"), Dense(2)] }
sequential! { pub Map = [Conv2D(1, 3, activation = "softmax", input_shape = (8, 8, 3)), Flatten()] }

fn main() {}
