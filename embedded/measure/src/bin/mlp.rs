//! The prediction of a perceptron for digits.
#![no_std]
#![no_main]

measure::predict!(
    Net = [
        Dense(32, activation = "relu", input_shape = (784,)),
        Dense(10, activation = "softmax")
    ],
    0.05
);
