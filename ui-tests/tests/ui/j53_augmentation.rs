// J53: images that are changed at random: percentages, a range of one number, colours of grey images, a window without a middle, and a
// sequence.
use kseq::prelude::*;

sequential! {
    pub Percent = [
        RandomRotation(20, input_shape = (28, 28, 1)),
        RandomZoom(-1.0),
        RandomContrast(-0.2),
        RandomBrightness(0.2, value_range = 1),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Grey = [
        RandomHue(0.2, input_shape = (28, 28, 1)),
        RandomGaussianBlur(kernel_size = 4),
        RandomErasing(fill_value = [0.5, 0.5, 0.5]),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Sequence = [
        RandomFlip("horizontal", input_shape = (80, 16)),
        RandomCrop(28, 28),
        Dense(10),
    ]
}

fn main() {}
