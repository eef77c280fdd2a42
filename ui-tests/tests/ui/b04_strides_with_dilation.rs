// B4: a dilated convolution with strides.
use kseq::prelude::*;

sequential! { pub Net = [Conv2D(8, 3, strides = (2, 2), dilation_rate = 2, input_shape = (28, 28, 1))] }

fn main() {}
