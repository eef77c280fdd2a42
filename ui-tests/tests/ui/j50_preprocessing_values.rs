// J50: numbers for channels that are not there: a mean for each of three colours, of images that are grey, and only one of mean and
// variance (a port from a notebook, whose constants are those of ImageNet).
use kseq::prelude::*;

sequential! {
    pub Rescaled = [
        Rescaling([0.5, 0.5], offset = 0.1, input_shape = (28, 28, 3)),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Grey = [
        Normalization(mean = [0.485, 0.456, 0.406], variance = [0.052, 0.05, 0.05], input_shape = (28, 28, 1)),
        Flatten(),
        Dense(10),
    ]
}

sequential! {
    pub Half = [
        Normalization(mean = 0.5, input_shape = (8,)),
        Normalization(axis = 2),
        Rescaling("1/255"),
        Dense(10),
    ]
}

fn main() {}
