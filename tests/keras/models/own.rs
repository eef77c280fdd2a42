//! What Keras has no word for.

use kseq::prelude::*;

sequential! {
    pub Own = [
        Dense(4, input_shape = (3,)),
        Lambda(|x| x * x, gradient = |x| 2.0 * x),
        Dense(4, activation = "tanh"),
        Residual([Dense(4)]),
    ]
}

sequential! { pub Axes = [LayerNormalization(axis = (1, 2), input_shape = (3, 4)), Flatten()] }
