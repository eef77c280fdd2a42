// G2: a model of Keras 1, each name with its new word.
use kseq::prelude::*;

sequential! {
    pub Net = [
        Convolution2D(8, 3, 3, input_shape = (28, 28, 1)),
        Conv2D(8, nb_row = 3, nb_col = 3),
        MaxPooling2D((2, 2), border_mode = "same"),
        Flatten(),
        Dense(output_dim = 64, init = "uniform", W_regularizer = l2(0.01)),
        Dropout(p = 0.5),
        Dense(1, bias = False),
    ]
}

fn main() {}
