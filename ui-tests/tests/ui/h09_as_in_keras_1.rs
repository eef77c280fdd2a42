// A model from a tutorial of 2016, with the names of Keras 1.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Convolution2D(nb_filter = 8, kernel_size = 3, border_mode = "same", input_shape = (28, 28, 1)),
        ReLU(),
        Flatten(),
        Dense(output_dim = 10, init = "uniform"),
        Softmax(),
    ]
}

fn main() {}
