// B13: TimeDistributed without steps, around something else than a layer, and a layer that no step fits.
use kseq::prelude::*;

sequential! {
    NoSteps = [Dense(32, input_shape = (784,)), TimeDistributed(Dense(10))]
    NoImages = [TimeDistributed(Conv2D(8, 3), input_shape = (10, 28, 28)), Flatten(), Dense(10)]
    Five = [TimeDistributed(Reshape((2, 2, 2, 2)), input_shape = (10, 16))]
}

fn main() {
    let _ = (NoSteps::new(0), NoImages::new(0), Five::new(0));
}
