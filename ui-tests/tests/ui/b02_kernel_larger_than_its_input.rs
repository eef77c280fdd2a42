// B2: the image has become too small for one more kernel.
use kseq::prelude::*;

sequential! { 
    pub Net = [
        Conv2D(8, 5, input_shape = (10, 10, 1)),
        Conv2D(8, 3, strides = 2),
        Conv2D(8, 3),
    ]
 }

fn main() {}
