// B2: as wide as the image, but higher.
use kseq::prelude::*;

sequential! { pub Net = [Conv2D(8, (7, 5), input_shape = (6, 5, 3))] }

fn main() {}
