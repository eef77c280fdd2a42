// J11: the image has become too small for one more depthwise kernel.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Conv2D(8, 3, strides = 2, input_shape = (12, 12, 3)),
        SeparableConv2D(16, 3, strides = 2),
        DepthwiseConv2D(3),
        Flatten(),
        Dense(10, activation = "softmax"),
    ]
}

fn main() {}
