// Layers that Keras has and kseq does not: said as such, with the reason, not as a slip of the pen.
use kseq::prelude::*;

sequential! {
    pub Net = [
        MelSpectrogram(num_mel_bins = 64, input_shape = (16000,)),
        ConvLSTM3D(8, 3),
        StringLookup(),
    ]
}

fn main() {}
