// I7: a slope for each of any number of steps.
use kseq::prelude::*;

sequential! {
    pub Steps = [Dense(8, input_shape = (None, 16)), PReLU()];
    pub Pixels = [Conv2D(8, 3, input_shape = (None, None, 3)), PReLU(shared_axes = (1,)), GlobalMaxPooling2D()];
}

fn main() {}
