// J4: shares and deviations out of range, noise that does not fit, seeds that are none.
use kseq::prelude::*;

const RATE: f32 = 1.0;

sequential! {
    pub Noise = [
        GaussianNoise(1.5, input_shape = (10, 4)),
        GaussianDropout(-0.1),
        AlphaDropout(RATE),
        SpatialDropout1D(rate = 2.0),
        Dropout(0.5, seed = 1.5),
        SpatialDropout2D(0.5),
        Dropout(0.5, noise_shape = (None, 4, 1)),
        Dropout(0.5, noise_shape = 4),
    ]
}
sequential! { pub Channels = [SpatialDropout2D(0.2, data_format = "channels_first", input_shape = (8, 8, 3))] }

fn main() {}
