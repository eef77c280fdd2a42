// K1: layers without an int8 operator: a GRU, a pooling of volumes, a model as a layer.
use kseq::prelude::*;

sequential! {
    #[quantize]
    pub Listener = [
        Conv1D(8, 3, activation = "relu", input_shape = (16, 4)),
        GRU(12),
        Dense(2, activation = "softmax"),
    ];

    #[quantize]
    pub Volumes = [MaxPooling3D(2, input_shape = (4, 4, 4, 2)), Sequential([Flatten(), Dense(3)])];
}

fn main() {}
