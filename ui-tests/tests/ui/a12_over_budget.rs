// A12: a digit classifier that is to fit into a microcontroller with 64 KiB of flash.
use kseq::prelude::*;

sequential! {
    #[budget(flash = 64 * 1024, ram = 8 * 1024, macs = 1_000_000)]
    pub Digits = [
        Conv2D(8, 3, activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D(2),
        Conv2D(16, 3, activation = "relu"),
        Flatten(),
        Dense(64, activation = "relu"),
        Dense(10, activation = "softmax"),
    ]
}

fn main() {}
