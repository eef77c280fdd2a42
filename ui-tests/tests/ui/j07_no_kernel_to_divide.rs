// J7: a spectral norm of layers that have no kernel, or several.
use kseq::prelude::*;

sequential! {
    pub Net = [
        SpectralNormalization(Activation("relu"), input_shape = (10, 4)),
        SpectralNormalization(LSTM(3)),
        SpectralNormalization(Dense(3), power_iterations = 0),
        SpectralNormalization("Dense"),
    ]
}
sequential! { pub Inside = [Sequential([SpectralNormalization(Dense(3))], input_shape = (4,))] }

fn main() {}
