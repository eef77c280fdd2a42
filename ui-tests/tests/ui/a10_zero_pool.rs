// A10: no window at all, no steps, and no repetition.
use kseq::prelude::*;

sequential! {
    pub Net = [
        MaxPooling2D(0, input_shape = (8, 8, 1)),
        AveragePooling2D(2, strides = (1, 0)),
        UpSampling2D((0, 2)),
        Flatten(),
        RepeatVector(0),
    ]
}

fn main() {}
