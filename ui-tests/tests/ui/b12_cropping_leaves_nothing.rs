// B12: 14 rows off an image of 14 rows.
use kseq::prelude::*;

sequential! { pub Net = [Cropping2D(((7, 7), (2, 2)), input_shape = (14, 28, 3))] }

fn main() {}
