//! The network, which the program that trains it, the firmware and the page share.
#![no_std]

use kseq::prelude::*;

sequential! {
    /// On which of two moons a point lies: 0 is the first one, 1 the second.
    #[budget(flash = 16 * 1024, ram = 4 * 1024)]
    pub Net = [
        Dense(16, activation = "relu", input_shape = (2,)),
        Dense(16, activation = "relu"),
        Dense(1, activation = "sigmoid"),
    ]
}
