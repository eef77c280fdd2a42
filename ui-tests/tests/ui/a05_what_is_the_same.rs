// A5: layers that kseq does not have, and what is the same.
use kseq::prelude::*;

sequential! {
    pub Net = [
        CuDNNLSTM(8, return_sequences = True, input_shape = (10, 3)),
        TimeDistributedDense(4),
        AtrousConvolution1D(4, 3, atrous_rate = 2),
    ]
}

fn main() {}
