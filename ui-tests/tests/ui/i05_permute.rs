// I5: the steps of any number as features.
use kseq::prelude::*;

sequential! {
    pub Swapped = [Dense(8, input_shape = (None, 16)), Permute((2, 1)), Dense(1)];
    pub Turned = [Conv2D(8, 3, input_shape = (None, None, 3)), Permute((2, 1, 3)), GlobalMaxPooling2D()];
}

fn main() {}
