// B1: a sequence, but the pooling layer is the one for images; the sizes have names.
use kseq::prelude::*;

const STEPS: usize = 80;
const FEATURES: usize = 16;

sequential! { pub Net = [AveragePooling2D((2, 2), input_shape = (STEPS, FEATURES))] }

fn main() {}
