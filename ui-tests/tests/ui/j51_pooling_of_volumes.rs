// J51: poolings of videos on single images, of images on videos, and in parts that need a size where there is none.
use kseq::prelude::*;

sequential! {
    pub Image = [
        MaxPooling3D(2, input_shape = (28, 28, 3)),
        GlobalAveragePooling3D(),
        Dense(10),
    ]
}

sequential! {
    pub Video = [
        AveragePooling3D((8, 2, 2), input_shape = (4, 28, 28, 3)),
        ZeroPadding3D((1, 2)),
        Cropping3D(((2, 2), (0, 0), (0, 0))),
        UpSampling2D(2),
        Dense(10),
    ]
}

sequential! {
    pub Parts = [
        AdaptiveAveragePooling2D(7, input_shape = (None, None, 3)),
        AdaptiveMaxPooling1D(2),
        Flatten(),
        Dense(10),
    ]
}

fn main() {}
