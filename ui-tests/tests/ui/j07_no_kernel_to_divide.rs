// J7: a spectral norm of layers that have no kernel, or several.
use kseq::prelude::*;

sequential! {
    pub Net = [
        SpectralNormalization(Activation("relu"), input_shape = (10, 4)),
        SpectralNormalization(LSTM(3)),
        SpectralNormalization(Dense(3), power_iterations = 0),
        SpectralNormalization("Dense"),
        SpectralNormalization(MultiHeadAttention(2, 4)),
        SpectralNormalization(Dense(3, activity_regularizer = "l2")),
        TimeDistributed(SpectralNormalization(Dense(3))),
    ]
}
sequential! { pub Inside = [Sequential([SpectralNormalization(Dense(3))], input_shape = (4,))] }

fn main() {}
