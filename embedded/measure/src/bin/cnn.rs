//! The prediction of a convolutional network for digits.
#![no_std]
#![no_main]

measure::predict!(
    Net = [
        Conv2D(8, (3, 3), activation = "relu", input_shape = (28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(16, (3, 3), activation = "relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(10, activation = "softmax"),
    ],
    0.1
);
