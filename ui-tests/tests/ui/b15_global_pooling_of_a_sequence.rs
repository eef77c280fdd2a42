// B15: the layer for images on a sequence with named sizes.
use kseq::prelude::*;

const STEPS: usize = 80;

sequential! { pub Net = [GlobalMaxPooling2D(input_shape = (STEPS, 16))] }

fn main() {}
