// J13: written like a Conv2D: a depthwise convolution has no filters, and its regularizer is that of the depthwise kernel.
use kseq::prelude::*;

sequential! {
    pub Named = [DepthwiseConv2D(filters = 32, kernel_size = 3, input_shape = (28, 28, 3))];
    pub Placed = [DepthwiseConv2D(64, (3, 3), input_shape = (28, 28, 3))];
    pub Penalty = [SeparableConv2D(8, 3, kernel_regularizer = "l2", input_shape = (28, 28, 3))];
}

fn main() {}
