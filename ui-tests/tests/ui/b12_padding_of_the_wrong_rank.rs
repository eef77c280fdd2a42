// B12: images padded as sequences, a sequence enlarged as an image.
use kseq::prelude::*;

sequential! { pub One = [ZeroPadding1D(1, input_shape = (28, 28, 1))] }

sequential! { pub Two = [UpSampling2D((2, 2), input_shape = (10, 16))] }

fn main() {}
