// A3: the batch size among the sizes of a sample, or given twice.
use kseq::prelude::*;

sequential! {
    pub Images = [Conv2D(8, 3, input_shape = (60000, 28, 28, 1)), Flatten(), Dense(1)];
    pub Twice = [Input(batch_size = 2, batch_shape = (3, 4)), Dense(1)];
}

fn main() {}
