// J18: as for convolutions.
use kseq::prelude::*;

sequential! { pub Net = [Conv1DTranspose(8, 3, padding = "causal", input_shape = (7, 16))] }

sequential! { pub Both = [Conv2DTranspose(8, 3, strides = 2, dilation_rate = 2, input_shape = (7, 7, 16))] }

fn main() {}
