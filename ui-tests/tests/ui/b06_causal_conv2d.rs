// B6: an image has no past.
use kseq::prelude::*;

sequential! { pub Net = [Conv2D(8, 3, padding = "causal", input_shape = (28, 28, 1))] }

fn main() {}
