// B3: one pooling layer too many: nothing is left to pool.
use kseq::prelude::*;

sequential! {
    pub Net = [
        MaxPooling2D((4, 4), input_shape = (9, 9, 8)),
        MaxPooling2D((3, 3)),
        Flatten(),
    ]
}

fn main() {}
