// J16: a convolution of so small an image would not have this input.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Conv2DTranspose(8, (3, 4), strides = 2, padding = "same", output_padding = 0, input_shape = (7, 7, 16)),
    ]
}

fn main() {}
