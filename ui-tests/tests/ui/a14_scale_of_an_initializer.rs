// A14: an initializer whose scale is not positive.
use kseq::prelude::*;

sequential! {
    pub Scale = [Dense(3, kernel_initializer = VarianceScaling(scale = -1.0), input_shape = (3,))];
}

fn main() {}
