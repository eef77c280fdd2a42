//! A step of a sequence that comes step by step.
#![no_std]
#![no_main]

measure::stream!(
    Net = [
        Conv1D(
            16,
            3,
            padding = "causal",
            activation = "relu",
            input_shape = (None, 8)
        ),
        GRU(16, return_sequences = true),
        Dense(4, activation = "softmax")
    ],
    0.3
);
