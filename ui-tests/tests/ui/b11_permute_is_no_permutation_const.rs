// B11: an axis that the input does not have, by its name.
use kseq::prelude::*;

const CHANNELS: usize = 4;

sequential! { pub Net = [Permute((CHANNELS, 1, 2), input_shape = (10, 20, 3))] }

fn main() {}
