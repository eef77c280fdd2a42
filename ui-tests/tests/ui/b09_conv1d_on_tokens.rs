// B9: integer tokens straight into a convolution.
use kseq::prelude::*;

sequential! { pub Net = [Input(shape = (80,), dtype = "int32"), Conv1D(16, 5)] }

fn main() {}
