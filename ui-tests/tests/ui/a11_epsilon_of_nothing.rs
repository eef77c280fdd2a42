// A11: what keeps a division from being one by 0 cannot be 0: Keras says nothing, and a constant input becomes NaN.
use kseq::prelude::*;

sequential! { pub Net = [
    Dense(8, input_dim = 4),
    LayerNormalization(epsilon = 0.0),
    BatchNormalization(epsilon = -0.001),
] }

fn main() {}
