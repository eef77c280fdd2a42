//! A step of SGD, 784-32-10.
#![no_std]
#![no_main]

measure::train!(
    Net = [
        Dense(32, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax")
    ],
    SGD(0.01)
);
