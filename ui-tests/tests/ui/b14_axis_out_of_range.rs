// B14: axis 3 is the channels' of an image, but this is a sequence.
use kseq::prelude::*;

sequential! {
    pub Net = [
        BatchNormalization(axis = 3, input_shape = (10, 16)),
        LayerNormalization(axis = (1, 2, 3)),
    ]
}

fn main() {}
