//! A step of SGD, 64-16-4.
#![no_std]
#![no_main]

measure::train!(
    Net = [
        Dense(16, activation = "relu", input_shape = (64,)),
        Dense(4, activation = "softmax")
    ],
    SGD(0.01)
);
