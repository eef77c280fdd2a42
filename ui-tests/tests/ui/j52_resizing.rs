// J52: sizes of images: both ways to keep the ratio at once, a vector, a side of nothing, an interpolation of another library.
use kseq::prelude::*;

const SIDE: usize = 0;

sequential! {
    pub Both = [
        Resizing(96, 96, crop_to_aspect_ratio = true, pad_to_aspect_ratio = true, input_shape = (120, 160, 3)),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Vector = [
        Resizing(28, 28, input_shape = (784,)),
        CenterCrop(SIDE, 28),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Words = [
        Resizing(32, 32, interpolation = "cubic", input_shape = (64, 64, 3)),
        Resizing(32, 32, fill_mode = "reflect"),
        Flatten(),
        Dense(10),
    ]
}

fn main() {}
