// J10: depthwise and separable convolutions of what has other axes: a vector, an image without channels, a sequence.
use kseq::prelude::*;

sequential! {
    pub Vector = [Dense(12, input_shape = (8,)), SeparableConv1D(4, 3)];
    pub Grey = [DepthwiseConv2D(3, input_shape = (28, 28))];
    pub Images = [Conv2D(8, 3, input_shape = (16, 16, 3)), DepthwiseConv1D(3), SeparableConv2D(8, 3)];
    pub Any = [SeparableConv2D(8, 3, input_shape = (None, None, None))];
}

fn main() {}
