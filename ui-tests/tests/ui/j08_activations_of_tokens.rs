// J8: activation layers and noise on tokens, which are numbers of nothing.
use kseq::prelude::*;

sequential! { pub Rectified = [Input(shape = (5,), dtype = "int32"), LeakyReLU()] }
sequential! { pub Probable = [Input(shape = (5,), dtype = "int32"), Softmax()] }
sequential! { pub Noisy = [Input(shape = (5,), dtype = "int32"), GaussianNoise(0.1)] }
sequential! { pub Dropped = [Input(shape = (5,), dtype = "int32"), SpatialDropout1D(0.1)] }

fn main() {}
