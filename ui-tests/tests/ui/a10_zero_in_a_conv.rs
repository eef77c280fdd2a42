// A10: no filters, a kernel without height, strides that go backwards.
use kseq::prelude::*;

sequential! { 
    pub Net = [
        Conv2D(0, 3, input_shape = (28, 28, 1)),
        Conv2D(32, (0, 3)),
        Conv2D(32, 3, strides = -1),
    ]
 }

fn main() {}
