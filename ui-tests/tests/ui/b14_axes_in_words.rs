// B14: axes that count from 0, or are named twice.
use kseq::prelude::*;

sequential! {
    pub Zero = [Permute((1, 0), input_shape = (3, 4))];
    pub Twice = [LayerNormalization(axis = (1, 1), input_shape = (3, 4))];
}

fn main() {}
