// J5: groups into which the channels do not fall.
use kseq::prelude::*;

sequential! {
    pub Net = [
        GroupNormalization(input_shape = (8, 8, 16)),
        GroupNormalization(groups = 3),
        GroupNormalization(groups = 0),
        GroupNormalization(4, axis = 4),
        GroupNormalization(4, epsilon = 0.0),
    ]
}

fn main() {}
