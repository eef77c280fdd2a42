//! A step of SGD, of the last layer behind frozen convolutions.
#![no_std]
#![no_main]

measure::train!(
    Net = [
        Conv2D(
            8,
            3,
            activation = "relu",
            trainable = false,
            input_shape = (28, 28, 1)
        ),
        MaxPooling2D(2),
        Conv2D(16, 3, activation = "relu", trainable = false),
        MaxPooling2D(2),
        Flatten(),
        Dense(10, activation = "softmax")
    ],
    SGD(0.01)
);
